"""How the runtime stores what is on its way. Every service has these tables in its own database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

runtime_metadata = MetaData(naming_convention=NAMING)

inbox = Table(
    "inbox",
    runtime_metadata,
    Column("identity", LargeBinary, primary_key=True, comment="hash of topic, source and id, or of the offset"),
    Column("id", BigInteger, Identity(cycle=False), nullable=False, comment="the order of landing"),
    Column("lane", SmallInteger, nullable=False),
    Column("order_key", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("headers", JSONB, comment="the CloudEvents attributes as they came; null when handled"),
    Column("key", Text, comment="the Kafka key; null when handled"),
    Column("value", LargeBinary, comment="sealed on request topics; null when handled"),
    Column("digest", LargeBinary, nullable=False, comment="keyed hash of the value"),
    Column("state", Text, nullable=False, server_default="ready"),
    Column("overtakes", Boolean, nullable=False, server_default="false"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("error", JSONB, comment="why it waits or is parked: path and rule, never a value"),
    Column("landed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True), comment="when it was handled, dropped or parked"),
)
Index("ix_inbox_ready", inbox.c.lane, inbox.c.id, postgresql_where=text("state = 'ready'"))
Index(
    "ix_inbox_blocked",
    inbox.c.order_key,
    postgresql_where=text("state in ('waiting', 'parked', 'held')"),
)
Index("ix_inbox_landed_at", inbox.c.landed_at, postgresql_using="brin")
"""`ready` to be handled; `waiting` for its next attempt; `parked` for an operator; `held` behind one of these
two of its key; `handled`; `dropped`."""

outbox = Table(
    "outbox",
    runtime_metadata,
    Column("id", BigInteger, Identity(cycle=False), nullable=False, comment="the order of announcing"),
    Column("lane", SmallInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("sequence", Text, comment="20 digits: 6 of the database's epoch, 14 of the key's number in it"),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("traceparent", Text),
    Column("value", LargeBinary, comment="null: a tombstone"),
    Column("sent_at", DateTime(timezone=True)),
)
Index("ix_outbox_unsent", outbox.c.lane, outbox.c.id, postgresql_where=text("sent_at is null"))
# With the topic: aggregates of different kinds may have the same id, and a stranger may choose it so.
Index("ix_outbox_key_sequence", outbox.c.key, outbox.c.topic, outbox.c.sequence, unique=True)
# No index on the id: each would be written twice for every event. Old rows lie together, which is what BRIN finds.
Index("ix_outbox_time", outbox.c.time, postgresql_using="brin")

deadline = Table(
    "deadline",
    runtime_metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("id", BigInteger, Identity(cycle=False), nullable=False, comment="one firing has one id"),
    Column("due_at", DateTime(timezone=True), nullable=False),
)
Index("ix_deadline_due_at", deadline.c.due_at)

epoch = Table(
    "epoch",
    runtime_metadata,
    Column(
        "number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="a restored database starts a new one",
    ),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


def with_runtime_tables() -> MetaData:
    """Return a new MetaData that already holds the runtime's tables, for a service to add its own to."""
    metadata = MetaData(naming_convention=NAMING)
    for table in runtime_metadata.sorted_tables:
        table.to_metadata(metadata)
    return metadata
