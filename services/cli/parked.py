"""Parked events: list them, look at one, retry or drop it. Never a value unless somebody says why."""

import getpass
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import structlog
import typer

from schemas.referral import REQUESTS_TOPIC
from services.cli.options import JsonOption, Name, ServiceOption, fail, run, settings_of, show, with_database
from services.runtime import logs, parking
from services.runtime.connection import Database
from services.runtime.inbox import Reading
from services.runtime.sealing import Seal
from services.runtime.settings import decode_key

log = structlog.get_logger(__name__)

app = typer.Typer(rich_markup_mode=None)
parked_app = typer.Typer(
    help="Events that could not be handled: each waits for you and holds back only its own key.", no_args_is_help=True
)
app.add_typer(parked_app, name="parked")
Number = Annotated[int, typer.Argument(help="The number that `parked list` shows.")]


@parked_app.command("list")
def list_parked(service: ServiceOption = Name.REFERRAL, as_json: JsonOption = False) -> None:
    """List what is parked, oldest first: why, since when, and how many events of its key wait behind it.

    Example: motesplats parked list --service coordinator
    """
    rows = [asdict(event) for event in run(with_database(settings_of(service), parking.parked_events))]
    columns = ["id", "topic", "type", "key", "errors", "attempts", "parked_at", "held"]
    show(rows, columns, as_json=as_json, nothing="Nothing is parked.")


@parked_app.command("show")
def show_parked(
    number: Number,
    service: ServiceOption = Name.REFERRAL,
    reveal: Annotated[str | None, typer.Option(help="Show the values too; says why, and is logged.")] = None,
) -> None:
    """Show a parked event as JSON: its attributes, and the shape of its value with every value masked.

    Example: motesplats parked show 17 --reveal "asked by the centre, matter 2026/114"
    """
    settings = settings_of(service)
    reading = Reading(
        sealed=(REQUESTS_TOPIC,),
        ignored=frozenset(),
        overtaking=frozenset(),
        seal=Seal(decode_key(settings.service_key)),
    )
    found = run(with_database(settings, lambda engine: parking.parked_value(engine, reading, number)))
    if found is None:
        fail(f"{number} is not parked.")
    if reveal is not None:
        logs.configure()
        log.warning("parked_event_read", service=service.value, id=number, who=getpass.getuser(), why=reveal)
    headers, value = found
    shown = {"headers": headers, "value": _readable(value, masked=reveal is None)}
    typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))


@parked_app.command("retry")
def retry(number: Number, service: ServiceOption = Name.REFERRAL) -> None:
    """Have a parked event handled again, and what waits behind it.

    Example: motesplats parked retry 17
    """
    _change(number, service, "is tried again", lambda engine: parking.retry(engine, number))


@parked_app.command("drop")
def drop(number: Number, service: ServiceOption = Name.REFERRAL) -> None:
    """Give a parked event up for good, and let go what waits behind it.

    Example: motesplats parked drop 17
    """
    _change(number, service, "is dropped", lambda engine: parking.drop(engine, number, datetime.now(UTC)))


def _change(number: int, service: Name, said: str, change: Callable[[Database], Awaitable[bool]]) -> None:
    if not run(with_database(settings_of(service), change)):
        fail(f"{number} is not parked.")
    typer.echo(f"{number} {said}.")


def _readable(value: bytes | None, *, masked: bool) -> Any:  # noqa: ANN401 - any JSON
    """Return the value as JSON if it is some, its leaves masked unless asked for."""
    if value is None:
        return None
    try:
        found = json.loads(value)
    except ValueError:
        return f"{len(value)} bytes that are not JSON" if masked else value.decode("utf-8", "backslashreplace")
    return _mask(found) if masked else found


def _mask(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {name[:40]: _mask(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_mask(part) for part in value]
    return f"<{type(value).__name__}>"
