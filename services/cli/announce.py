"""Announcing again what a reader may have missed: the past, or the whole present state. Never anything new."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Final

import typer

from services.activities import announcing as activities
from services.cli.options import Name, ServiceOption, moment_of, run, settings_of, with_database
from services.coordinator import announcing as coordinator
from services.referral import announcing as referral
from services.runtime.connection import Database
from services.runtime.parking import announce_again
from services.runtime.transaction import Transaction, read_epoch, transaction, utc_now

app = typer.Typer(rich_markup_mode=None)

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
        moment = moment_of(since, "--since")
        count = run(with_database(settings_of(service), lambda engine: announce_again(engine, moment)))
    else:
        count = run(with_database(settings_of(service), lambda engine: _announce_state(engine, service)))
    typer.echo(f"{count} events of {service} are announced again.")


async def _announce_state(engine: Database, service: Name) -> int:
    epoch = await read_epoch(engine)
    return await _STATES[service](lambda: transaction(engine, epoch, utc_now()))
