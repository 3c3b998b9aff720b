"""Landing: what Kafka carries is stored as it is before it is acknowledged. Decides nothing about content."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import asyncpg
from sqlalchemy import text

from services.runtime.connection import Connection, Database
from services.runtime.database import columns_of, copy_alone, unnest
from services.runtime.lanes import lane_of
from services.runtime.sealing import Seal
from services.runtime.tables import inbox

LONGEST_ATTRIBUTE = 256
ATTRIBUTES = frozenset(
    {
        "ce_id",
        "ce_source",
        "ce_type",
        "ce_time",
        "ce_subject",
        "ce_specversion",
        "ce_sequence",
        "content-type",
        "traceparent",
    }
)
COLUMNS = ("identity", "lane", "order_key", "topic", "type", "headers", "key", "value", "digest", "overtakes")

_LAND = text(
    f"insert into inbox ({', '.join(COLUMNS)}, landed_at) "
    f"select t.*, cast(:now as timestamptz) from {unnest(inbox, COLUMNS)} t "
    "on conflict (identity) do nothing returning identity"
)
_KNOWN = text("select identity, digest from inbox where identity = any(:identities)")
_PARK = text(
    f"insert into inbox ({', '.join(COLUMNS)}, landed_at, state, error, ended_at) "
    "select t.*, cast(:now as timestamptz), 'parked', cast(:error as jsonb), cast(:now as timestamptz) "
    f"from {unnest(inbox, COLUMNS)} t on conflict (identity) do nothing"
)
OTHER_VALUE = '[{"path": "", "rule": "repeats the id of an earlier event with another value"}]'


def as_values(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return the row as the values of `COLUMNS`."""
    headers = None if row["headers"] is None else json.dumps(row["headers"], separators=(",", ":"))
    return tuple({**row, "headers": headers}.values())


class Record(Protocol):
    """What landing reads of aiokafka's ConsumerRecord."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Reading:
    """What a service reads: which topics are sealed, which types overtake, which it only counts."""

    def __init__(
        self, *, sealed: tuple[str, ...], ignored: frozenset[str], overtaking: frozenset[str], seal: Seal
    ) -> None:
        """Take the prefixes of sealed topics, and CloudEvents types."""
        self.sealed, self.overtaking, self.seal = sealed, overtaking, seal
        self._ignored = {kind.encode() for kind in ignored}

    def is_sealed(self, topic: str) -> bool:
        """Tell whether values of the topic are sealed while they wait."""
        return topic.startswith(self.sealed)

    def row(self, record: Record) -> dict[str, Any] | None:
        """Return the record as a row of the inbox, not sealed, or None for a known type that the service ignores."""
        if next((value for name, value in reversed(record.headers) if name == "ce_type"), None) in self._ignored:
            return None
        attributes = _attributes(record.headers)
        kind = attributes.get("ce_type", "")
        value, sealed = record.value, self.is_sealed(record.topic)
        key = None if record.key is None else _printable(record.key)
        order_key = _order_key(record, key, sealed=sealed)
        identity = _identity(record, attributes)
        return {
            "identity": identity,
            "lane": lane_of(order_key),
            "order_key": order_key,
            "topic": record.topic,
            "type": kind,
            "headers": attributes,
            "key": key,
            "value": value,
            "digest": self.seal.digest(value),
            "overtakes": kind in self.overtaking,
        }

    def rows(self, records: Iterable[Record]) -> list[dict[str, Any]]:
        """Return the records as rows, not sealed, without those that the service ignores."""
        return [row for record in records if (row := self.row(record)) is not None]

    def to_wait(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row as it may wait: sealed if its topic is."""
        if row["value"] is None or not self.is_sealed(row["topic"]):
            return row
        return {**row, "value": self.seal.close(row["value"], row["identity"])}


async def land(engine: Database, reading: Reading, records: Iterable[Record], now: datetime) -> tuple[int, int]:
    """Store the records, in order, and commit; return how many were new and how many were repeats.

    A repeat is a no-op; one with another value lands parked beside the first. Nearly always all are new, so
    they are first tried at once.
    """
    found = reading.rows(records)
    if not found:
        return 0, 0
    rows = [reading.to_wait(row) for row in found]
    try:
        await copy_alone(engine, inbox, (*COLUMNS, "landed_at"), [(*as_values(row), now) for row in rows])
    except asyncpg.UniqueViolationError:
        async with engine.begin() as connection:
            landed = (await connection.execute(_LAND, {**columns_of(inbox, rows), "now": now})).all()
            await _park_other_values(connection, found, reading, now)
        return len(landed), len(rows) - len(landed)
    return len(rows), 0


async def _park_other_values(
    connection: Connection, rows: list[dict[str, Any]], reading: Reading, now: datetime
) -> None:
    identities = [row["identity"] for row in rows]
    known = {row.identity: row.digest for row in await connection.execute(_KNOWN, {"identities": identities})}
    others = []
    for row in rows:
        if known[row["identity"]] != row["digest"]:
            identity = hashlib.blake2b(row["identity"] + row["digest"], digest_size=16).digest()
            others.append(reading.to_wait({**row, "identity": identity}))
    if others:
        await connection.execute(_PARK, {**columns_of(inbox, others), "now": now, "error": OTHER_VALUE})


def _attributes(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return the attributes that we know, printable and bounded; a null or a strange byte harms nobody."""
    return {name: _printable(value) for name, value in headers if name in ATTRIBUTES and value is not None}


def _printable(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace").replace("\x00", "\\0")[:LONGEST_ATTRIBUTE]


def _order_key(record: Record, key: str | None, *, sealed: bool) -> str:
    if key is None:
        return f"{record.topic}/{record.partition}/{record.offset}"
    # On a request topic anyone may write any key: one centre must not hold back another's events.
    return f"{record.topic}/{key}" if sealed else key


def _identity(record: Record, attributes: dict[str, str]) -> bytes:
    event_id, source = attributes.get("ce_id"), attributes.get("ce_source")
    named = (record.topic, source, event_id) if event_id and source else (record.topic, record.partition, record.offset)
    return hashlib.blake2b("\x1f".join(map(str, named)).encode(), digest_size=16).digest()
