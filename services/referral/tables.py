"""How the referral service stores what it knows: who a participant is stands apart from how a referral goes.

No foreign keys: rows are written in one transaction and erased by one function, and every key looked up twice
would be paid for with every event.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.runtime.tables import with_runtime_tables

metadata = with_runtime_tables()

participant = Table(
    "participant",
    metadata,
    Column("health_centre", Text, primary_key=True),
    Column("pseudonym", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("master_key_id", Text, comment="which master key wraps the participant's; null until contact is given"),
    Column("wrapped_key", LargeBinary, comment="the participant's key; without it the contact data cannot be read"),
    Column("contact", LargeBinary, comment="first name, phone, e-mail, encrypted under the participant's key"),
)

request = Table(
    "request",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("health_centre", Text, nullable=False),
    Column("pseudonym", Text, nullable=False),
    Column("body", Text, nullable=False, comment="JSON: the request as it came, but for contact; written once"),
    Column("contact_digest", LargeBinary, comment="keyed hash of its contact, to tell a repeat"),
)

consent = Table(
    "consent",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("recorded_at", DateTime(timezone=True), primary_key=True),
    Column("given_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("share", JSONB, nullable=False),
    Column("purpose", Text, nullable=False),
    comment="every consent that was ever given; the latest counts, within the dates of the referral's row",
)

referral = Table(
    "referral",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("health_centre", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("policy", Text, nullable=False),
    Column("control", Boolean, nullable=False, comment="of a study's control arm"),
    Column("protected", Boolean, nullable=False, comment="protected identity"),
    Column("consent_given_on", Date, comment="null: no consent, or withdrawn"),
    Column("consent_expires_on", Date),
    Column("announced", Boolean, nullable=False, comment="whether other services know of it"),
    Column("state", Text, nullable=False),
    Column("waiting_on", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("choice", Integer, nullable=False, comment="number of the last ActivityChosen, 0 before the first"),
    Column("activity_id", Uuid, comment="of the choice under way"),
    Column("wanted", Text, nullable=False, comment="activity_ids, the next one first; + if waited for"),
    Column("reason", Text),
    Column("outcome", Text),
    Column("moves", Integer, nullable=False, comment="how many rows of history it has"),
    Column("sequence", BigInteger, nullable=False, server_default="0"),
    comment="changed with every event; its fill factor of 45 lets PostgreSQL leave the indexes alone (HOT)",
)
Index("ix_referral_centre", referral.c.health_centre, referral.c.received_at, referral.c.referral_id)

proposal = Table(
    "proposal",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("proposed_at", DateTime(timezone=True), primary_key=True),
    Column("answer", Text, nullable=False, comment="JSON, as ActivitiesProposed or NoActivityFound had it"),
)

history = Table(
    "history",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False, comment="a role or a service, never a name"),
    Column("what", Text, nullable=False),
    Column("state", Text, nullable=False, comment="after it"),
    Column("choice", Integer, nullable=False),
    Column("activity_id", Uuid),
    Column("reason", Text),
    comment="insert only",
)

reading = Table(
    "reading",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", Text, nullable=False),
    Column("unit", Text, nullable=False, comment="the health centre or the service"),
    Column("who", Text, nullable=False, comment="the token's subject"),
    Column("referral_id", Uuid, nullable=False),
    Column("health_centre", Text, nullable=False),
    Column("pseudonym", Text, nullable=False, comment="whose data"),
    comment="every reading of a participant's data; insert only",
)

question = Table(
    "question",
    metadata,
    Column("question_id", Uuid, primary_key=True),
    Column("referral_id", Uuid, nullable=False),
    Column("choice", Integer, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
    Column("answer", Text),
    comment="what contact functions ask the coach; free text, in no event",
)
Index("ix_question_referral", question.c.referral_id, question.c.asked_at)

webhook = Table(
    "webhook",
    metadata,
    Column("health_centre", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    comment="where centres' own systems are told how their referrals go",
)

message = Table(
    "message",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("sequence", Text, primary_key=True, comment="of the event that says the same"),
    Column("health_centre", Text, nullable=False),
    Column("content", Text, comment="JSON of ReferralStatusChanged; null when it has ended"),
    Column("queued_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", DateTime(timezone=True), comment="when it is tried, or its lease ends; null: it has ended"),
    Column("answer", Text, comment="to the last attempt: a status or a code"),
    Column("ended_at", DateTime(timezone=True)),
    comment="what is told to webhooks; of centres without one there is nothing",
)
Index("ix_message_due_at", message.c.health_centre, message.c.due_at, postgresql_where=text("due_at is not null"))
Index("ix_message_queued_at", message.c.health_centre, message.c.queued_at)

early_withdrawal = Table(
    "early_withdrawal",
    metadata,
    Column("health_centre", Text, primary_key=True),
    Column("referral_id", Uuid, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    comment="what must not begin: withdrawn before it was asked for, or erased",
)
