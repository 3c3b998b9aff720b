"""What operators do with a service: topics, migrations, how far behind it is. Never a rule of the domain."""

from typing import Annotated, Any, Final

import typer
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from schemas import topics
from schemas.fields import HealthCentre
from services.cli.options import JsonOption, Name, ServiceOption, checked, run, settings_of, show, with_database
from services.runtime import migrations
from services.runtime.broker import connection, create_topics, group_of, partitions_by_topic
from services.runtime.connection import Database
from services.runtime.settings import Settings

app = typer.Typer(rich_markup_mode=None)
topics_app = typer.Typer(help="The topics on Kafka.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")

_BACKLOGS: Final = {
    "inbox, not handled": "select count(*) from inbox where state in ('ready', 'waiting', 'held')",
    "inbox, parked": "select count(*) from inbox where state = 'parked'",
    "outbox, not sent": "select count(*) from outbox where sent_at is null",
}


_checked_centre: Final = checked(HealthCentre)


def _checked_centres(centres: list[str] | None) -> list[str]:
    return [centre for each in centres or () if (centre := _checked_centre(each))]


@topics_app.command("create")
def create(
    centre: Annotated[
        list[str] | None, typer.Option(callback=_checked_centres, help="A health centre, as her:1001; may be repeated.")
    ] = None,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each partition.")] = 3,
    service: ServiceOption = Name.REFERRAL,
    as_json: JsonOption = False,
) -> None:
    """Make the topics that are missing; those that are there stay as they are.

    Example: motesplats topics create --centre her:1001 --centre hsa:SE2321000016-1 --replication 3
    """
    wanted = [*topics.OURS, *topics.of_centres(centre or [])]
    made = run(create_topics(settings_of(service), wanted, replication))
    show([{"topic": name} for name in made], ["topic"], as_json=as_json, nothing="All topics were there already.")


@app.command()
def migrate(service: ServiceOption = Name.REFERRAL) -> None:
    """Bring a service's database to the form that this version needs; nothing happens if it has it.

    Example: motesplats migrate --service activities
    """
    settings = settings_of(service)
    url = settings.database_url.get_secret_value()
    run(migrations.upgrade(url, service.value, ca_file=settings.database_ca_file))
    typer.echo(f"{service}: up to date")


@app.command()
def lag(service: ServiceOption = Name.REFERRAL, as_json: JsonOption = False) -> None:
    """Show how far a service is behind: events on each topic not yet landed, not yet handled, not yet sent.

    Example: motesplats lag --service referral
    """
    settings = settings_of(service)
    rows = [*run(_not_landed(settings, service)), *run(with_database(settings, _backlogs))]
    show(rows, ["where", "events"], as_json=as_json, nothing="Nothing.")


async def _not_landed(settings: Settings, service: str) -> list[dict[str, Any]]:
    """Return, by topic, how many events the service's groups have not acknowledged."""
    rows = []
    found = await partitions_by_topic(settings)
    for group in (group_of(service), group_of(service, requests=True)):
        consumer = AIOKafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False)
        try:
            await consumer.start()
            for topic, partitions in found.items():
                committed = {p: await consumer.committed(p) for p in partitions}
                ends = await consumer.end_offsets([p for p, offset in committed.items() if offset is not None])
                if ends:
                    behind = sum(end - (committed[p] or 0) for p, end in ends.items())
                    rows.append({"where": f"topic {topic}", "events": behind})
        finally:
            await consumer.stop()
    return rows


async def _backlogs(engine: Database) -> list[dict[str, Any]]:
    async with engine.connect() as open_connection:
        return [
            {"where": where, "events": await open_connection.scalar(text(query))} for where, query in _BACKLOGS.items()
        ]
