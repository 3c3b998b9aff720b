"""`python -m tests.support.migration SERVICE MESSAGE` writes the migration that a service's tables ask for."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from services.runtime.embedded.postgres import Postgres
from services.runtime.migrations import upgrade, write_revision


async def main(service: str, message: str) -> None:
    """Compare the tables with what the migrations so far make of an empty database, and write the difference."""
    with TemporaryDirectory() as folder:
        async with Postgres(Path(folder)) as server:
            url = (await server.databases(service))[service]
            await upgrade(url, service)
            await write_revision(url, service, message)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
