"""Where personal values are looked for, and must not be: logs, mails, metrics, topics, tables. Prints none of them.

Looked for is every value of a participant that the demo made up, and every word that only the referral service and
a health centre may use of one: codes of signs, study arm, protection, which centre it is.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from prometheus_client import generate_latest
from sqlalchemy import text

from schemas.referral import REQUESTS_TOPIC, STATUS_TOPIC
from schemas.vocabulary import KIND_OF, SIGNS
from services.demo.referrals import personal_values
from services.demo.story import Story
from services.one_machine import OneMachine
from services.runtime.broker import partitions_by_topic
from services.runtime.telemetry import REGISTRY

FIELDS: Final = ("study_arm", "protected_identity", "pseudonym", "wishes", "signs")
_TABLES: Final = text("select tablename from pg_tables where schemaname = 'public' order by 1")
_KEPT: Final = text(
    "select count(*) from inbox where state in ('handled', 'dropped') "
    "and (value is not null or headers is not null or key is not null)"
)


async def in_the_open(machine: OneMachine, story: Story) -> list[str]:
    """No personal value is in a log, a metric or a mail."""
    sought = _everything(machine, story)
    secrets = _Sought(story.answers)  # the tokens of answer links, which stand in mails and nowhere else
    found = sought.seen_in("the metrics", generate_latest(REGISTRY).decode())
    for file in sorted(machine.folder.rglob("*.log")):
        content = file.read_text(errors="replace")
        found += sought.seen_in(file.name, content) + secrets.seen_in(file.name, content)
    for mail in machine.catcher.messages:
        found += sought.seen_in(f"mail {mail.number}", _text(*mail.message.values(), mail.text))
    return found


async def on_topics(machine: OneMachine, story: Story) -> list[str]:
    """No personal value is on a topic but the centres' own."""
    sought = _everything(machine, story)
    consumer = AIOKafkaConsumer(bootstrap_servers=machine.kafka, group_id=None)
    async with consumer:
        there = await partitions_by_topic(machine.settings["referral"])
        ours = [topic for topic in there if not topic.startswith((REQUESTS_TOPIC, STATUS_TOPIC, "__"))]
        partitions = [partition for topic in ours for partition in there[topic]]
        ends = await consumer.end_offsets(partitions)
        left = {partition for partition, end in ends.items() if end}
        consumer.assign(left)
        await consumer.seek_to_beginning()
        found: list[str] = []
        while left:
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                read = _text(*((record.key, record.headers, record.value) for record in records))
                found += sought.seen_in(partition.topic, read)
                if records[-1].offset + 1 >= ends[partition]:
                    left.discard(partition)
    return found


async def in_tables(machine: OneMachine, story: Story) -> list[str]:
    """No personal value is in the tables of activities and coordinator."""
    sought = _everything(machine, story)
    found: list[str] = []
    for name in ("activities", "coordinator"):
        async with machine.made[name].service.engine.connect() as connection:
            for table in await connection.scalars(_TABLES):
                rows = (await connection.execute(text(f'select * from "{table}"'))).all()
                found += sought.seen_in(f"{name}.{table}", _text(*map(tuple, rows)))
    return found


async def in_inboxes(machine: OneMachine, _story: Story) -> list[str]:
    """No inbox keeps what was handled."""
    found = []
    for name, made in machine.made.items():
        async with made.service.engine.connect() as connection:
            if kept := await connection.scalar(_KEPT):
                found.append(f"{name} keeps {kept} events that it has handled")
    return found


def personal_of(story: Story) -> set[str]:
    """Return every personal value that was sent, also the contact data that was given later."""
    values: set[str] = set()
    for key, request in story.by_id.items():
        values |= personal_values(request)
        if key in story.contact_given:
            values |= set(request.participant.contact().values())
    return values


def _everything(machine: OneMachine, story: Story) -> "_Sought":
    codes = {sign for sign in SIGNS if sign not in KIND_OF and sign != "other"}
    return _Sought({*personal_of(story), *codes, *FIELDS, *machine.centres})


class _Sought:
    """Values to look for, whatever their case."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = {value.casefold() for value in values}

    def seen_in(self, where: str, content: str) -> list[str]:
        """Return where something was seen and how often, but not what."""
        folded = content.casefold()
        seen = sum(folded.count(value) for value in self._values)
        return [f"{where}: {seen} times"] if seen else []


def _text(*parts: Any) -> str:  # noqa: ANN401 - whatever a row or a record holds
    return " ".join(_flat(parts))


def _flat(part: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """Yield what is in there as text, bytes read as what they most likely are."""
    match part:
        case bytes():
            yield part.decode(errors="replace")
        case dict():
            yield from _flat((*part.keys(), *part.values()))
        case tuple() | list():
            for each in part:
                yield from _flat(each)
        case _:
            yield str(part)
