"""The promises many times at once: as many processes, all on one Apache Kafka, each with a Tansu of its own."""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.kafka import bootstrap


async def run(copies: int, backlog: int) -> int:
    """Run them and return pytest's exit code."""
    command = ["-m", "pytest", "-q", "-m", "", "-n", str(copies), "--dist", "each", str(Path(__file__).parent)]
    with TemporaryDirectory(prefix="motesplats-universal-") as folder:
        async with bootstrap(Path(folder), session_ms=60_000) as servers:
            environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": servers, "BACKLOG": str(backlog)}
            process = await asyncio.create_subprocess_exec(sys.executable, *command, env=environment)
            return await process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.universal", description=__doc__)
    parser.add_argument("--copies", type=int, default=20, help="how many processes at once")
    parser.add_argument("--backlog", type=int, default=5_000, help="events that wait when a service starts")
    given = parser.parse_args()
    sys.exit(asyncio.run(run(given.copies, given.backlog)))
