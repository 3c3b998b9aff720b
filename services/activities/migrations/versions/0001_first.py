"""The first tables of the activities service, with those of the runtime."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("organiser_id", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False, comment="as in the document, or `withdrawn`"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="ActivityPublished, its seats as they were then; jsonb rewrites numbers",
        ),
        sa.Column(
            "matched",
            sa.LargeBinary(),
            nullable=False,
            comment="what matching reads of it: see `domain.matching.records`",
        ),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "changed", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activity")),
    )
    op.create_index(
        "ix_activity_municipality",
        "activity",
        ["municipality", sa.literal_column("left(name, 500)"), "activity_id"],
        unique=False,
    )
    op.create_index("ix_activity_organiser_id", "activity", ["organiser_id"], unique=False)
    op.create_index("ix_activity_place_id", "activity", ["place_id"], unique=False)
    op.create_table(
        "agreement",
        sa.Column("organiser_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("organiser_id", "municipality", name=op.f("pk_agreement")),
    )
    op.create_table(
        "matching_settings",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="the highest holds; 0 is the contract and has no row"
        ),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="what each term weighs"),
        sa.Column("verified_days", sa.Integer(), nullable=False),
        sa.Column("default_distance_km", sa.Double(), nullable=False, comment="for participants who named none"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "version", name=op.f("pk_matching_settings")),
    )
    op.create_table(
        "contact_function",
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column(
            "document",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="ContactFunctionChanged; null when removed",
        ),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_function")),
    )
    op.create_index(
        "ix_contact_function_municipality", "contact_function", ["municipality", "contact_id"], unique=False
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
        "epoch",
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="a restored database starts a new one"
        ),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_epoch")),
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
        "meeting_place",
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False, comment="whose coordinator keeps it"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_meeting_place")),
    )
    op.create_index("ix_meeting_place_municipality", "meeting_place", ["municipality", "place_id"], unique=False)
    op.create_table(
        "organiser",
        sa.Column("organiser_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False, comment="whose coordinator keeps it"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organiser_id", name=op.f("pk_organiser")),
    )
    op.create_index("ix_organiser_municipality", "organiser", ["municipality", "organiser_id"], unique=False)
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
        "pause",
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False, comment="the last day; the day after, it is published again"),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_pause")),
    )
    op.create_table(
        "referral",
        sa.Column("referral_id", sa.UUID(), nullable=False),
        sa.Column("ended_choice", sa.Integer(), nullable=False, comment="the highest choice that is over, 0 for none"),
        sa.Column(
            "refusal", sa.Text(), nullable=True, comment="why that choice got no seat; null when it ended otherwise"
        ),
        sa.Column("has_ended", sa.Boolean(), nullable=False, comment="no choice of it gets a seat any more"),
        sa.Column("held_choice", sa.Integer(), nullable=True, comment="the choice that holds a seat"),
        sa.Column("held_activity_id", sa.UUID(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referral")),
    )
    op.create_table(
        "unmatched",
        sa.Column("referral_id", sa.UUID(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False, comment="as in its needs"),
        sa.Column(
            "needs",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="ReferralReceived, while it is tried",
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_unmatched")),
    )
    op.create_index("ix_unmatched_municipality", "unmatched", ["municipality"], unique=False)
    op.create_table(
        "seats",
        sa.Column("activity_id", sa.UUID(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=True, comment="null: unlimited"),
        sa.Column(
            "taken", sa.Integer(), nullable=False, comment="by everyone, referred or not; may exceed the maximum"
        ),
        sa.Column("walk_ins", sa.Integer(), nullable=False, comment="those of them who came by themselves"),
        sa.Column(
            "line",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="who waits: referral_id:choice, next one first",
        ),
        sa.Column(
            "changed", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_seats_taken")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.activity_id"], name=op.f("fk_seats_activity_id_activity")),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_seats")),
    )
    op.create_index("ix_seats_changed", "seats", ["changed"], unique=False)
    op.execute("insert into epoch (number) values (1)")
