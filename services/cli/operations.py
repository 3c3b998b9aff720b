"""What operators do: topics, migrations, parked events, announcing again, lag. Never a rule of the domain."""

import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import structlog
import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text

from schemas import topics
from schemas.referral import REQUESTS_TOPIC
from services.cli.options import JsonOption, Name, ServiceOption, fail, run, settings_of, show
from services.runtime import logs, migrations, parking
from services.runtime.broker import connection, create_topics, group_of
from services.runtime.database import connect
from services.runtime.inbox import Reading
from services.runtime.sealing import Seal
from services.runtime.settings import Settings, decode_key

log = structlog.get_logger(__name__)

topics_app = typer.Typer(help="The topics on Kafka.", no_args_is_help=True)
parked_app = typer.Typer(
    help="Events that could not be handled: each waits for you and holds back only its own key.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(help="The number that `parked list` shows.")]


@topics_app.command("create")
def create(
    centre: Annotated[list[str] | None, typer.Option(help="A health centre, as `her:1001`; may be repeated.")] = None,
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


def migrate(service: ServiceOption = Name.REFERRAL) -> None:
    """Bring a service's database to the form that this version needs; nothing happens if it has it.

    Example: motesplats migrate --service activities
    """
    settings = settings_of(service)
    url = settings.database_url.get_secret_value()
    run(migrations.upgrade(url, service.value, ca_file=settings.database_ca_file))
    typer.echo(f"{service}: up to date")


@parked_app.command("list")
def list_parked(service: ServiceOption = Name.REFERRAL, as_json: JsonOption = False) -> None:
    """List what is parked, oldest first: why, since when, and how many events of its key wait behind it.

    Example: motesplats parked list --service coordinator
    """

    async def work(settings: Settings) -> list[parking.Parked]:
        engine = connect(settings)
        try:
            return await parking.parked_events(engine)
        finally:
            await engine.dispose()

    rows = [asdict(event) for event in run(work(settings_of(service)))]
    columns = ["id", "topic", "type", "key", "errors", "attempts", "parked_at", "held"]
    show(rows, columns, as_json=as_json, nothing="Nothing is parked.")


@parked_app.command("show")
def show_parked(
    number: Number,
    service: ServiceOption = Name.REFERRAL,
    reveal: Annotated[str | None, typer.Option(help="Show the values too; says why, and is logged.")] = None,
) -> None:
    """Show a parked event: its attributes, and the shape of its value with every value masked.

    Example: motesplats parked show 17 --reveal "asked by the centre, matter 2026/114"
    """

    async def work(settings: Settings) -> tuple[dict[str, str], bytes | None] | None:
        engine = connect(settings)
        reading = Reading(
            sealed=(REQUESTS_TOPIC,),
            ignored=frozenset(),
            overtaking=frozenset(),
            seal=Seal(decode_key(settings.service_key)),
        )
        try:
            return await parking.parked_value(engine, reading, number)
        finally:
            await engine.dispose()

    found = run(work(settings_of(service)))
    if found is None:
        fail(f"{number} is not parked.")
    if reveal is not None:
        logs.configure()
        log.warning("parked_event_read", service=service.value, id=number, who=getpass.getuser(), why=reveal)
    headers, value = found
    typer.echo(json.dumps({"headers": headers, "value": _readable(value, masked=reveal is None)}, indent=2))


@parked_app.command("retry")
def retry(number: Number, service: ServiceOption = Name.REFERRAL) -> None:
    """Have a parked event handled again, and what waits behind it.

    Example: motesplats parked retry 17
    """
    _change(number, service, "is tried again", drop=False)


@parked_app.command("drop")
def drop(number: Number, service: ServiceOption = Name.REFERRAL) -> None:
    """Give a parked event up for good, and let go what waits behind it.

    Example: motesplats parked drop 17
    """
    _change(number, service, "is dropped", drop=True)


def lag(service: ServiceOption = Name.REFERRAL, as_json: JsonOption = False) -> None:
    """Show how far a service is behind: events on each topic not yet landed, not yet handled, not yet sent.

    Example: motesplats lag --service referral
    """
    settings = settings_of(service)
    rows = run(_lag(settings, service.value))
    show(rows, ["where", "events"], as_json=as_json, nothing="Nothing.")


def _change(number: int, service: Name, said: str, *, drop: bool) -> None:
    async def work(settings: Settings) -> bool:
        engine = connect(settings)
        try:
            if drop:
                return await parking.drop(engine, number, datetime.now(UTC))
            return await parking.retry(engine, number)
        finally:
            await engine.dispose()

    if not run(work(settings_of(service))):
        fail(f"{number} is not parked.")
    typer.echo(f"{number} {said}.")


async def _lag(settings: Settings, service: str) -> list[dict[str, Any]]:
    rows = []
    for group in (group_of(service), group_of(service, requests=True)):
        consumer = AIOKafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            for topic in sorted(await consumer.topics()):
                partitions = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or ()]
                committed = {p: await consumer.committed(p) for p in partitions}
                ends = await consumer.end_offsets([p for p, offset in committed.items() if offset is not None])
                if ends:
                    behind = sum(end - (committed[p] or 0) for p, end in ends.items())
                    rows.append({"where": f"topic {topic}", "events": behind})
        finally:
            await consumer.stop()
    engine = connect(settings)
    try:
        async with engine.connect() as open_connection:
            for where, query in _BACKLOGS.items():
                rows.append({"where": where, "events": await open_connection.scalar(text(query))})
    finally:
        await engine.dispose()
    return rows


_BACKLOGS = {
    "inbox, not handled": "select count(*) from inbox where state in ('ready', 'waiting', 'held')",
    "inbox, parked": "select count(*) from inbox where state = 'parked'",
    "outbox, not sent": "select count(*) from outbox where sent_at is null",
}


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


def since(text_or_hours: str) -> datetime:
    """Return the time meant by `2026-11-21T12:00Z`, or by `3h` or `2d` before now."""
    unit = {"h": timedelta(hours=1), "d": timedelta(days=1), "m": timedelta(minutes=1)}.get(text_or_hours[-1:])
    try:
        if unit is not None and text_or_hours[:-1].isdigit():
            return datetime.now(UTC) - int(text_or_hours[:-1]) * unit
        moment = datetime.fromisoformat(text_or_hours)
    except ValueError:
        fail("--since takes a time such as 2026-11-21T12:00Z, or 3h, 2d, 30m before now.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
