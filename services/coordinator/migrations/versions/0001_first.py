"""The tables of the runtime and of the coordinator service, and the first epoch."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "contact_function",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sequence", sa.Text(), nullable=False, comment="of the event heard last: an older one changes nothing"
        ),
        sa.Column("municipality", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column(
            "people",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="holder and deputies in order: where each is reached, and when they are away",
        ),
        sa.Column("paused_until", sa.Date()),
        sa.Column("webhook", sa.Text()),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_function")),
        comment="our copy; of a removed one only id and sequence stay",
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
    op.create_index("ix_deadline_due_at", "deadline", ["due_at"])
    op.create_table(
        "epoch",
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="a restored database starts a new one"
        ),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_epoch")),
    )
    op.create_table(
        "errand",
        sa.Column("errand_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="sealed: a question is free text"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="when it is tried, or its lease ends"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("errand_id", name=op.f("pk_errand")),
        comment="what another service is still to be told over HTTP; gone once it is",
    )
    op.create_index("ix_errand_due_at", "errand", ["due_at"])
    op.create_table(
        "handed_over",
        sa.Column("mark", sa.LargeBinary(), nullable=False, comment="hash of what a mail tells, and to which address"),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_handed_over")),
        comment="what the mail server has taken and nobody has recorded yet",
    )
    op.create_table(
        "handover",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False, comment="of the link that was given up"),
        sa.Column("token_hash", sa.LargeBinary(), comment="of that link, so that its holder can read what was done"),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("giver", sa.Integer(), nullable=False, comment="who of the function had it"),
        sa.Column(
            "taker", sa.Integer(), comment="who has it since; null: whoever was in charge when the notice went out"
        ),
        sa.Column("until", sa.Date(), comment="the last day on which the giver said to be away"),
        sa.PrimaryKeyConstraint("referral_id", "choice", "generation", name=op.f("pk_handover")),
        comment="an invitation changed hands",
    )
    op.create_index(
        "ix_handover_token_hash",
        "handover",
        ["token_hash"],
        unique=True,
        postgresql_where=sa.text("token_hash is not null"),
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
            comment="the CloudEvents attributes as they came; null when handled",
        ),
        sa.Column("key", sa.Text(), comment="the Kafka key; null when handled"),
        sa.Column("value", sa.LargeBinary(), comment="sealed on request topics; null when handled"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="keyed hash of the value"),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("overtakes", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column(
            "error",
            postgresql.JSONB(astext_type=sa.Text()),
            comment="why it waits or is parked: path and rule, never a value",
        ),
        sa.Column("landed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), comment="when it was handled, dropped or parked"),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_blocked", "inbox", ["order_key"], postgresql_where=sa.text("state in ('waiting', 'parked', 'held')")
    )
    op.create_index("ix_inbox_landed_at", "inbox", ["landed_at"], postgresql_using="brin")
    op.create_index("ix_inbox_ready", "inbox", ["lane", "id"], postgresql_where=sa.text("state = 'ready'"))
    op.create_table(
        "invitation",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column(
            "about",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the activity as it was when the seat was reserved",
        ),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice", sa.Text(), server_default="invitation", nullable=False, comment="which one is due"),
        sa.Column(
            "place", sa.Integer(), server_default="0", nullable=False, comment="who of the function was told last"
        ),
        sa.Column("channel", sa.Text(), server_default="email", nullable=False, comment="by which it was told first"),
        sa.Column("generation", sa.Integer(), server_default="1", nullable=False, comment="a new one revokes the link"),
        sa.Column(
            "token_hash", sa.LargeBinary(), comment="SHA-256 of the answer link's token; null before the first attempt"
        ),
        sa.Column("contact_id", sa.Uuid(), comment="who is asked; null: the municipality's coordinator"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "notice_at", sa.DateTime(timezone=True), comment="when the notice is due, or its lease ends; null: none is"
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "bundle_at", sa.DateTime(timezone=True), comment="the digest that the notice was put off for; null: none"
        ),
        sa.Column("delivery", sa.Text(), comment="what was reported later: delivered, bounced; null: nothing was"),
        sa.Column("answer_by", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), comment="why it was declined or expired"),
        sa.Column("visit", sa.Text()),
        sa.Column("visited_on", sa.Date()),
        sa.Column("stopped_on", sa.Date(), comment="when they were said to come no more"),
        sa.Column("paused_until", sa.Date(), comment="declined since the activity is paused: the last day of it"),
        sa.Column("asked_at", sa.DateTime(timezone=True), comment="the latest question to the coach"),
        sa.PrimaryKeyConstraint("referral_id", "choice", name=op.f("pk_invitation")),
    )
    op.create_index("ix_invitation_municipality", "invitation", ["municipality", "reserved_at"])
    op.create_index(
        "ix_invitation_notice_at", "invitation", ["notice_at"], postgresql_where=sa.text("notice_at is not null")
    )
    op.create_index(
        "ix_invitation_contact_id",
        "invitation",
        ["contact_id", "since"],
        postgresql_where=sa.text("state in ('notified', 'accepted')"),
    )
    op.create_index(
        "ix_invitation_token_hash",
        "invitation",
        ["token_hash"],
        unique=True,
        postgresql_where=sa.text("token_hash is not null"),
    )
    op.create_table(
        "municipality",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="the coordinator's"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("reminder_after", sa.Integer(), comment="working days; null: as the service is told"),
        sa.Column("deputy_after", sa.Integer()),
        sa.Column("answer_within", sa.Integer()),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_municipality")),
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
        sa.Column("sequence", sa.Text(), comment="20 digits: 6 of the database's epoch, 14 of the key's number in it"),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traceparent", sa.Text()),
        sa.Column("value", sa.LargeBinary(), comment="null: a tombstone"),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_outbox_time", "outbox", ["time"], postgresql_using="brin")
    op.create_index("ix_outbox_key_sequence", "outbox", ["key", "topic", "sequence"], unique=True)
    op.create_index("ix_outbox_unsent", "outbox", ["lane", "id"], postgresql_where=sa.text("sent_at is null"))
    op.create_table(
        "letter",
        sa.Column(
            "letter_id", sa.Uuid(), nullable=False, comment="made of what it is about, so that it is written once"
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), comment="who is told; null: the municipality's coordinator"),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), comment="when it is sent, or its lease ends; null: it has ended"
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_letter")),
        comment="what is told besides invitations",
    )
    op.create_index("ix_letter_due_at", "letter", ["due_at"], postgresql_where=sa.text("due_at is not null"))
    op.create_table(
        "reader",
        sa.Column("function", sa.Text(), nullable=False, comment="a contact function's id, or a municipality's code"),
        sa.Column("hour_began", sa.DateTime(timezone=True), server_default="epoch", nullable=False),
        sa.Column("hour_count", sa.Integer(), server_default="0", nullable=False, comment="notices in that hour"),
        sa.Column("digest_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "bounced",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="addresses that refuse our mail",
        ),
        sa.PrimaryKeyConstraint("function", name=op.f("pk_reader")),
        comment="what we know of who reads notices",
    )
    op.create_table(
        "referral",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("ended_choice", sa.Integer(), nullable=False, comment="no choice up to this one is invited any more"),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referral")),
        comment="also of referrals that were heard to end before they were met",
    )
    op.execute("insert into epoch (number) values (1)")
