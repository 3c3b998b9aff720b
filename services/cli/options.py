"""What several commands share: which service they are about, its settings, and how an answer is shown."""

import json
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import asyncpg
import typer
import uvloop
from aiokafka.errors import KafkaError
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from services.runtime import telemetry
from services.runtime.connection import Database
from services.runtime.database import connect
from services.runtime.settings import Settings
from services.runtime.transaction import utc_now

FOLDER = Path(".motesplats")
"""Where the embedded mode keeps its data, and how to reach it while it runs: `<service>.env`."""
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
T = TypeVar("T")


class Name(StrEnum):
    """The services."""

    REFERRAL = "referral"
    ACTIVITIES = "activities"
    COORDINATOR = "coordinator"


ServiceOption = Annotated[
    Name, typer.Option("--service", "-s", help="Which service's database. In its container: its own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document a line, for machines.")]


def settings_of(service: Name, kind: type[Settings] = Settings) -> Settings:
    """Return how to reach the service: from the environment, else from `motesplats up` running in this folder.

    Of a kind that is the service's own, all that it is told.
    """
    file = None if told_by_environment() else FOLDER / f"{service}.env"
    if file is not None and not file.exists():
        fail(f"Nothing says how to reach {service}: set MOTESPLATS_DATABASE_URL and its like, or run `motesplats up`.")
    try:
        return kind(_env_file=file)
    except ValidationError as error:
        fail("\n".join(f"MOTESPLATS_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()))


def checked(kind: Any) -> Callable[[str | None], str | None]:  # noqa: ANN401 - a type with its rules is no type
    """Return the callback of an option whose value must be of this kind, such as `schemas.fields.HealthCentre`."""
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    def check(value: str | None) -> str | None:
        try:
            return value if value is None else adapter.validate_python(value)
        except ValidationError as error:
            raise typer.BadParameter(error.errors()[0]["msg"]) from None

    return check


def told_by_environment() -> bool:
    """Tell whether this is a process of production, which is told by its environment how to reach its parts."""
    return "MOTESPLATS_DATABASE_URL" in os.environ


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine; a world that does not answer ends in a sentence, not in a traceback."""
    try:
        return uvloop.run(work)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, OSError) as error:
        fail(f"Cannot be reached: {telemetry.name_of(error)}. Is it running?")


async def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Return what the work finds in the service's database."""
    engine = connect(settings)
    try:
        return await work(engine)
    finally:
        await engine.dispose()


def moment_of(text: str, option: str) -> datetime:
    """Return the time meant by `2026-11-21T12:00Z`, or by `30m`, `3h` or `2d` before now; typer.BadParameter."""
    try:
        if text[-1:] in _UNITS:
            return utc_now() - int(text[:-1]) * _UNITS[text[-1]]
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter("takes a time such as 2026-11-21T12:00Z, or 30m, 3h, 2d", param_hint=option) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def fail(message: str) -> NoReturn:
    """End the command with a message on standard error and status 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


def show(rows: Sequence[dict[str, Any]], columns: Iterable[str], *, as_json: bool, nothing: str) -> None:
    """Show rows as a table, or as JSON lines."""
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, default=str, ensure_ascii=False))
        return
    if not rows:
        typer.echo(nothing)
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    Console(soft_wrap=True).print(table)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case list():
            return "; ".join(map(_cell, value))
        case dict():
            return ": ".join(str(part) for part in value.values() if part)
        case _:
            return str(value)
