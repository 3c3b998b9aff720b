"""Reads the ledger of a run: topics, tables, mails, logs, metrics. Judges nothing."""

from typing import Any, Final

from sqlalchemy import text

from services.demo.referrals import personal_values
from tests.chaos.deliveries import POISON_ID
from tests.chaos.load import Load
from tests.chaos.platform import SERVICES, Platform, topics_of_a_run
from tests.chaos.rest import handled_types
from tests.support.ledger import Handled, Ledger, OnTopic
from tests.support.reading_topics import all_in, attribute

COORDINATOR: Final = "coordinator"
_TABLES: Final = "select tablename from pg_tables where schemaname = 'public' and tablename <> 'witness'"
_HANDLED: Final = "select identity, transaction from witness order by number"
LOOKED_AT: Final = {"outbox": "key, type, sequence, event_id, sent_at", "inbox": "identity, id, order_key, type, state"}
"""The columns of the two tables that hold what is seen elsewhere; of all others, every column."""


async def record(platform: Platform, load: Load, poisoned: frozenset[str]) -> Ledger:
    """Return all that the run did and left behind."""
    tables: dict[str, dict[str, list[dict[str, Any]]]] = {}
    handled: dict[str, list[Handled]] = {}
    for service in SERVICES:
        names = [row.tablename for row in await platform.rows(service, _TABLES)]
        tables[service] = {name: await _table(platform, service, name) for name in names}
        seen = await platform.rows(service, _HANDLED)
        handled[service] = [Handled(row.identity.hex(), row.transaction) for row in seen]
    return Ledger(
        calls=load.calls,
        events=await _events(platform),
        mails=platform.mail.taken(),
        tables=tables,
        handled=handled,
        handles=handled_types(),
        seats_before={each["activity_id"]: each["seats"]["taken"] for each in platform.catalogue.activities},
        poisoned=poisoned,
        mail_kills=sum(each.kills + each.cut_off for each in platform.instances if each.service == COORDINATOR),
        personal=frozenset().union(*map(personal_values, load.requests)),
        written={file.name: file.read_text(errors="replace") for file in sorted(platform.folder.glob("*.log"))},
    )


async def _table(platform: Platform, service: str, name: str) -> list[dict[str, Any]]:
    async with platform.engines[service].connect() as connection:
        found = await connection.execute(text(f'select {LOOKED_AT.get(name, "*")} from "{name}"'))
        return [{key: _plain(value) for key, value in row.items()} for row in found.mappings()]


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return value.hex() if isinstance(value, bytes) else value


async def _events(platform: Platform) -> list[OnTopic]:
    records = await all_in(platform.broker.bootstrap_servers, *(topic.name for topic in topics_of_a_run()))
    return [
        OnTopic(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=(record.key or b"").decode(errors="replace"),
            type=attribute(record, "ce_type") or "",
            source=attribute(record, "ce_source") or "",
            id=attribute(record, "ce_id") or "",
            sequence=attribute(record, "ce_sequence") or "",
            value=(record.value or b"").decode(errors="replace"),
        )
        for record in records
        if not (attribute(record, "ce_id") or "").startswith(POISON_ID)  # announced by nobody
    ]
