"""Announcing again what a reader may have missed: the past, or the whole present state. Never anything new."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer

from services.activities import announcing as activities
from services.cli.options import Name, ServiceOption, run, settings_of, with_database
from services.coordinator import announcing as coordinator
from services.referral import announcing as referral
from services.runtime.connection import Database
from services.runtime.parking import announce_again
from services.runtime.transaction import Transaction, read_epoch, transaction, utc_now

app = typer.Typer(rich_markup_mode=None)

_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_STATES: Final[Mapping[Name, Callable[[Callable[[], AbstractAsyncContextManager[Transaction]]], Awaitable[int]]]] = {
    Name.REFERRAL: referral.announce_state,
    Name.ACTIVITIES: activities.announce_state,
    Name.COORDINATOR: coordinator.announce_state,
}


@app.command()
def announce(
    since: Annotated[
        str | None, typer.Option(help="What was announced since 2026-11-21T12:00Z, or since 30m, 3h, 2d ago.")
    ] = None,
    state: Annotated[
        bool, typer.Option("--state", help="The whole present state, for a reader that starts anew.")
    ] = False,
    service: ServiceOption = Name.REFERRAL,
) -> None:
    """Announce again, for a reader that missed something; whoever heard it already does nothing twice.

    Example: motesplats announce --since 3h --service referral
    """
    if (since is None) == (not state):
        raise typer.BadParameter("say either --since or --state")
    if since is not None:
        moment = _moment(since)
        count = run(with_database(settings_of(service), lambda engine: announce_again(engine, moment)))
    else:
        count = run(with_database(settings_of(service), lambda engine: _announce_state(engine, service)))
    typer.echo(f"{count} events of {service} are announced again.")


async def _announce_state(engine: Database, service: Name) -> int:
    epoch = await read_epoch(engine)
    return await _STATES[service](lambda: transaction(engine, epoch, utc_now()))


def _moment(text: str) -> datetime:
    """Return the time meant by `2026-11-21T12:00Z`, or by `30m`, `3h` or `2d` before now."""
    try:
        if text[-1:] in _UNITS:
            return utc_now() - int(text[:-1]) * _UNITS[text[-1]]
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            "takes a time such as 2026-11-21T12:00Z, or 30m, 3h, 2d", param_hint="--since"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
