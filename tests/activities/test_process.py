"""A service as a process of its own, where something that it needs is not to be had."""

import asyncio
import os
import socket
import sys

from services.runtime.embedded.child import free_port
from tests.support.service_testing import settings_for

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


async def test_a_process_whose_inner_port_is_taken_ends_and_says_so_instead_of_half_starting() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:  # noqa: S104 - as the inner port is
        told = settings_for(NOWHERE, metrics_port=taken.getsockname()[1])
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "--factory", "services.activities.app:create_app"),
            *("--port", str(free_port())),
            env={**os.environ, **{f"MOTESPLATS_{name.upper()}": str(value) for name, value in told.items()}},
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said = b"".join(await process.communicate()).decode()
    assert process.returncode not in (0, None)
    assert "Application startup failed" in said
