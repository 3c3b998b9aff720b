"""The tables of the runtime and of the referral service, and the first epoch."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("share", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", "recorded_at", name=op.f("pk_consent")),
        comment="every consent that was ever given; the latest counts, within the dates of the referral's row",
    )
    op.create_table(
        "deadline",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, cycle=False),
            nullable=False,
            comment="one firing has one id",
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_deadline")),
    )
    op.create_index("ix_deadline_due_at", "deadline", ["due_at"], unique=False)
    op.create_table(
        "early_withdrawal",
        sa.Column("health_centre", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("health_centre", "referral_id", name=op.f("pk_early_withdrawal")),
        comment="what must not begin: withdrawn before it was asked for, or erased",
    )
    op.create_table(
        "epoch",
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="a restored database starts a new one"
        ),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_epoch")),
    )
    op.create_table(
        "history",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False, comment="a role or a service, never a name"),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="after it"),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("referral_id", "number", name=op.f("pk_history")),
        comment="insert only",
    )
    op.create_table(
        "inbox",
        sa.Column(
            "identity", sa.LargeBinary(), nullable=False, comment="hash of topic, source and id, or of the offset"
        ),
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, cycle=False),
            nullable=False,
            comment="the order of landing",
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the CloudEvents attributes as they came; null when handled",
        ),
        sa.Column("key", sa.Text(), nullable=True, comment="the Kafka key; null when handled"),
        sa.Column("value", sa.LargeBinary(), nullable=True, comment="sealed on request topics; null when handled"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="keyed hash of the value"),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("overtakes", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "error",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="why it waits or is parked: path and rule, never a value",
        ),
        sa.Column("landed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "ended_at", sa.DateTime(timezone=True), nullable=True, comment="when it was handled, dropped or parked"
        ),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_blocked",
        "inbox",
        ["order_key"],
        unique=False,
        postgresql_where=sa.text("state in ('waiting', 'parked', 'held')"),
    )
    op.create_index("ix_inbox_landed_at", "inbox", ["landed_at"], unique=False, postgresql_using="brin")
    op.create_index(
        "ix_inbox_ready", "inbox", ["lane", "id"], unique=False, postgresql_where=sa.text("state = 'ready'")
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, cycle=False),
            nullable=False,
            comment="the order of announcing",
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "sequence",
            sa.Text(),
            nullable=True,
            comment="20 digits: 6 of the database's epoch, 14 of the key's number in it",
        ),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True, comment="null: a tombstone"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_outbox_time", "outbox", ["time"], unique=False, postgresql_using="brin")
    op.create_index("ix_outbox_key_sequence", "outbox", ["key", "topic", "sequence"], unique=True)
    op.create_index(
        "ix_outbox_unsent", "outbox", ["lane", "id"], unique=False, postgresql_where=sa.text("sent_at is null")
    )
    op.create_table(
        "participant",
        sa.Column("health_centre", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "master_key_id",
            sa.Text(),
            nullable=True,
            comment="which master key wraps the participant's; null until contact is given",
        ),
        sa.Column(
            "wrapped_key",
            sa.LargeBinary(),
            nullable=True,
            comment="the participant's key; without it the contact data cannot be read",
        ),
        sa.Column(
            "contact",
            sa.LargeBinary(),
            nullable=True,
            comment="first name, phone, e-mail, encrypted under the participant's key",
        ),
        sa.PrimaryKeyConstraint("health_centre", "pseudonym", name=op.f("pk_participant")),
    )
    op.create_table(
        "proposal",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "answer",
            sa.Text(),
            nullable=False,
            comment="JSON, as ActivitiesProposed or NoActivityFound had it",
        ),
        sa.PrimaryKeyConstraint("referral_id", "proposed_at", name=op.f("pk_proposal")),
    )
    op.create_table(
        "question",
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_question")),
        comment="what contact functions ask the coach; free text, in no event",
    )
    op.create_index("ix_question_referral", "question", ["referral_id", "asked_at"], unique=False)
    op.create_table(
        "reading",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False, comment="the health centre or the service"),
        sa.Column("who", sa.Text(), nullable=False, comment="the token's subject"),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("health_centre", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False, comment="whose data"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        comment="every reading of a participant's data; insert only",
    )
    op.create_table(
        "referral",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("health_centre", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("control", sa.Boolean(), nullable=False, comment="of a study's control arm"),
        sa.Column("protected", sa.Boolean(), nullable=False, comment="protected identity"),
        sa.Column("consent_given_on", sa.Date(), nullable=True, comment="null: no consent, or withdrawn"),
        sa.Column("consent_expires_on", sa.Date(), nullable=True),
        sa.Column("announced", sa.Boolean(), nullable=False, comment="whether other services know of it"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("waiting_on", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "choice", sa.Integer(), nullable=False, comment="number of the last ActivityChosen, 0 before the first"
        ),
        sa.Column("activity_id", sa.Uuid(), nullable=True, comment="of the choice under way"),
        sa.Column(
            "wanted",
            sa.Text(),
            nullable=False,
            comment="activity_ids, the next one first; + if waited for",
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False, comment="how many rows of history it has"),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referral")),
        comment="changed with every event; its fill factor of 45 lets PostgreSQL leave the indexes alone (HOT)",
    )
    op.create_index("ix_referral_centre", "referral", ["health_centre", "received_at", "referral_id"], unique=False)
    op.create_table(
        "request",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("health_centre", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="JSON: the request as it came, but for contact; written once",
        ),
        sa.Column(
            "contact_digest", sa.LargeBinary(), nullable=True, comment="keyed hash of its contact, to tell a repeat"
        ),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_request")),
    )
    op.create_table(
        "message",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Text(), nullable=False, comment="of the event that says the same"),
        sa.Column("health_centre", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True, comment="JSON of ReferralStatusChanged; null when it has ended"),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it is tried, or its lease ends; null: it has ended",
        ),
        sa.Column("answer", sa.Text(), nullable=True, comment="to the last attempt: a status or a code"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("referral_id", "sequence", name=op.f("pk_message")),
        comment="what is told to webhooks; of centres without one there is nothing",
    )
    op.create_index(
        "ix_message_due_at",
        "message",
        ["health_centre", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_index("ix_message_queued_at", "message", ["health_centre", "queued_at"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("health_centre", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("health_centre", name=op.f("pk_webhook")),
        comment="where centres' own systems are told how their referrals go",
    )
    op.execute("alter table referral set (fillfactor = 45)")
    op.execute("insert into epoch (number) values (1)")
