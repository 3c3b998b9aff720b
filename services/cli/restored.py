"""After a restore: what must be put right before a service starts on its database of an earlier time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from schemas.referral import REQUESTS_TOPIC
from schemas.registry import ALL
from services.activities import remembering as activities
from services.cli.options import Name, ServiceOption, fail, moment_of, run, settings_of, with_database
from services.coordinator import remembering as coordinator
from services.coordinator.app import CoordinatorSettings
from services.referral import remembering as referral
from services.runtime.broker import group_of
from services.runtime.connection import Database
from services.runtime.remembering import Step, next_epoch, remember
from services.runtime.restoring import StillAtWorkError, begin_epoch, set_back
from services.runtime.settings import Settings, decode_key

app = typer.Typer(rich_markup_mode=None)

GONE: Final[Mapping[Name, str]] = {
    Name.REFERRAL: (
        "consents that were renewed, contact data, questions of contact functions and their answers, who read what, "
        "webhooks, what a participant would take next, who closed or withdrew"
    ),
    Name.ACTIVITIES: (
        "who came by themselves, until when an activity is paused, what municipalities chose for matching, "
        "organisers, agreements and places of no activity"
    ),
    Name.COORDINATOR: (
        "questions to coaches, to whom an invitation was handed over, addresses and patience of municipalities, "
        "who wants one mail a day, letters, what was reported of mails"
    ),
}
"""What was told to nobody, and so is gone. What all of it has in common stands in docs/operations.md."""


@dataclass(frozen=True)
class Remembered:
    """How a service takes up again what it announced, and what of it nobody knows any more, a line each."""

    steps: Sequence[Step]
    unknown: Callable[[], Sequence[str]] = tuple


@app.command()
def restored(
    to: Annotated[str, typer.Option(help="The time that the database is of: 2026-11-21T12:00Z, or 30m, 3h, 2d ago.")],
    service: ServiceOption = Name.REFERRAL,
) -> None:
    """Make a service's restored database ready: a new epoch, and everything sent since then is read again.

    Its processes must be stopped. What it announced itself since then it takes up again at once. Says what to do at
    the other services, and what nobody can know any more.
    Example: motesplats restored --to 2026-11-21T12:00Z --service activities
    """
    moment, settings = moment_of(to, "--to"), settings_of(service, _SETTINGS.get(service, Settings))
    try:
        partitions = run(_set_back(settings, service, moment))
    except StillAtWorkError as group:
        fail(f"Somebody still reads for {group}. Stop all processes of {service}; Kafka forgets them after 45 s.")
    remembered = _REMEMBERED[service](settings)
    typer.echo(f"Taking up again what {service} announced since then ...", err=True)
    epoch = run(with_database(settings, lambda engine: _take_up(engine, settings, service, remembered.steps, moment)))
    typer.echo(f"{service} begins epoch {epoch}, and reads {partitions} partitions again.")
    typer.echo("Start it. Then have the others tell it again where they stand:")
    for other in Name:
        if other is not service:
            typer.echo(f"  motesplats announce --since {moment:%Y-%m-%dT%H:%MZ} --service {other}")
    typer.echo(f"  motesplats announce --state --service {service}")
    _tell_what_is_gone(service, remembered.unknown())


def _tell(line: str) -> None:
    typer.echo(f"  {line}", err=True)


def _tell_what_is_gone(service: Name, unknown: Sequence[str]) -> None:
    typer.echo(f"What people did at {service} over HTTP since then is gone where nobody was told of it:")
    typer.echo(f"  {GONE[service]}.")
    if unknown:
        typer.echo(f"{len(unknown)} referrals are lost. Their seats are freed; their centres are to refer anew:")
    for line in unknown:
        typer.echo(f"  {line}")


async def _set_back(settings: Settings, service: Name, moment: datetime) -> int:
    groups = [group_of(service), *([group_of(service, requests=True)] if service is Name.REFERRAL else [])]
    return sum([await set_back(settings, group, moment) for group in groups])


async def _take_up(engine: Database, settings: Settings, service: Name, steps: Sequence[Step], moment: datetime) -> int:
    """Take up again what the service announced since then, and return the epoch that it begins."""
    epoch = await next_epoch(engine, settings, service, own_topics(service), moment)
    await remember(engine, settings, epoch, steps, moment, tell=_tell)
    await begin_epoch(engine, epoch)
    return epoch


def own_topics(service: Name) -> Collection[str]:
    """Return the topics on which the service announces: those of its contract, but requests are the centres'."""
    return {event.topic for event in ALL if event.__module__.split(".")[1] == service} - {REQUESTS_TOPIC}


def _by_referral(_: Settings) -> Remembered:
    remembering = referral.Remembering()
    return Remembered(remembering.steps(), remembering.unknown)


def _by_activities(_: Settings) -> Remembered:
    return Remembered(activities.steps())


def _by_coordinator(settings: CoordinatorSettings) -> Remembered:
    return Remembered(coordinator.Remembering(decode_key(settings.link_key)).steps())


_SETTINGS: Final[Mapping[Name, type[Settings]]] = {Name.COORDINATOR: CoordinatorSettings}
"""Where what every service is told does not do: the links that are out must open again."""
_REMEMBERED: Final[Mapping[Name, Callable[[Any], Remembered]]] = {
    Name.REFERRAL: _by_referral,
    Name.ACTIVITIES: _by_activities,
    Name.COORDINATOR: _by_coordinator,
}
