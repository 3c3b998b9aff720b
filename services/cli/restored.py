"""After a restore: what must be put right before a service starts on its database of an earlier time."""

from datetime import datetime
from typing import Annotated

import typer

from services.cli.options import Name, ServiceOption, fail, moment_of, run, settings_of, with_database
from services.runtime.broker import group_of
from services.runtime.restoring import StillAtWorkError, begin_epoch, set_back
from services.runtime.settings import Settings

app = typer.Typer(rich_markup_mode=None)


@app.command()
def restored(
    to: Annotated[str, typer.Option(help="The time that the database is of: 2026-11-21T12:00Z, or 30m, 3h, 2d ago.")],
    service: ServiceOption = Name.REFERRAL,
) -> None:
    """Make a service's restored database ready: a new epoch, and everything sent since then is read again.

    Its processes must be stopped. Says what to do at the other services, and what nobody can know any more.
    Example: motesplats restored --to 2026-11-21T12:00Z --service activities
    """
    moment, settings = moment_of(to, "--to"), settings_of(service)
    try:
        partitions = run(_set_back(settings, service, moment))
    except StillAtWorkError as group:
        fail(f"Somebody still reads for {group}. Stop all processes of {service}; Kafka forgets them after 45 s.")
    epoch = run(with_database(settings, begin_epoch))
    typer.echo(f"{service} begins epoch {epoch}, and reads {partitions} partitions again.")
    typer.echo("Start it. Then have the others tell it again where they stand:")
    for other in Name:
        if other is not service:
            typer.echo(f"  motesplats announce --since {moment:%Y-%m-%dT%H:%MZ} --service {other}")
    typer.echo(f"  motesplats announce --state --service {service}")
    typer.echo(f"What people did at {service} over HTTP since then is gone, but for what the others heard of it.")


async def _set_back(settings: Settings, service: Name, moment: datetime) -> int:
    groups = [group_of(service), *([group_of(service, requests=True)] if service is Name.REFERRAL else [])]
    return sum([await set_back(settings, group, moment) for group in groups])
