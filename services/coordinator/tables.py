"""How the coordinator service stores what it knows. Never an answer link, never anything about a participant."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.runtime.tables import with_runtime_tables

metadata = with_runtime_tables()

contact_function = Table(
    "contact_function",
    metadata,
    Column("contact_id", Uuid, primary_key=True),
    Column("sequence", Text, nullable=False, comment="of the event heard last: an older one changes nothing"),
    Column("municipality", Text),
    Column("name", Text),
    Column("email", Text),
    Column("phone", Text),
    Column("language", Text),
    Column("people", JSONB, comment="holder and deputies in order: where each is reached, and when they are away"),
    Column("paused_until", Date),
    Column("webhook", Text),
    comment="our copy; of a removed one only id and sequence stay",
)

municipality = Table(
    "municipality",
    metadata,
    Column("code", Text, primary_key=True),
    Column("email", Text, nullable=False, comment="the coordinator's"),
    Column("language", Text, nullable=False),
    Column("reminder_after", Integer, comment="working days; null: as the service is told"),
    Column("deputy_after", Integer),
    Column("answer_within", Integer),
)

reader = Table(
    "reader",
    metadata,
    Column("function", Text, primary_key=True, comment="a contact function's id, or a municipality's code"),
    Column("hour_began", DateTime(timezone=True), nullable=False, server_default="epoch"),
    Column("hour_count", Integer, nullable=False, server_default="0", comment="notices in that hour"),
    Column("digest_only", Boolean, nullable=False, server_default="false"),
    Column("bounced", ARRAY(Text), nullable=False, server_default="{}", comment="addresses that refuse our mail"),
    comment="what we know of who reads notices",
)

letter = Table(
    "letter",
    metadata,
    Column("letter_id", Uuid, primary_key=True, comment="made of what it is about, so that it is written once"),
    Column("kind", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("contact_id", Uuid, comment="who is told; null: the municipality's coordinator"),
    Column("about", JSONB, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), comment="when it is sent, or its lease ends; null: it has ended"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("ended_at", DateTime(timezone=True)),
    comment="what is told besides invitations",
)
Index("ix_letter_due_at", letter.c.due_at, postgresql_where=text("due_at is not null"))

handed_over = Table(
    "handed_over",
    metadata,
    Column("mark", LargeBinary, primary_key=True, comment="hash of what a mail tells, and to which address"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    comment="what the mail server has taken and nobody has recorded yet",
)

referral = Table(
    "referral",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("ended_choice", Integer, nullable=False, comment="no choice up to this one is invited any more"),
    Column("ended", Boolean, nullable=False),
    Column("sequence", BigInteger, nullable=False, server_default="0"),
    comment="also of referrals that were heard to end before they were met",
)

invitation = Table(
    "invitation",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("choice", Integer, primary_key=True),
    Column("activity_id", Uuid, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("about", JSONB, nullable=False, comment="the activity as it was when the seat was reserved"),
    Column("reserved_at", DateTime(timezone=True), nullable=False),
    Column("notice", Text, nullable=False, server_default="invitation", comment="which one is due"),
    Column("place", Integer, nullable=False, server_default="0", comment="who of the function was told last"),
    Column("channel", Text, nullable=False, server_default="email", comment="by which it was told first"),
    Column("generation", Integer, nullable=False, server_default="1", comment="a new one revokes the link"),
    Column("token_hash", LargeBinary, comment="SHA-256 of the answer link's token; null before the first attempt"),
    Column("contact_id", Uuid, comment="who is asked; null: the municipality's coordinator"),
    Column("state", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("notice_at", DateTime(timezone=True), comment="when the notice is due, or its lease ends; null: none is"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("bundle_at", DateTime(timezone=True), comment="the digest that the notice was put off for; null: none"),
    Column("delivery", Text, comment="what was reported later: delivered, bounced; null: nothing was"),
    Column("answer_by", DateTime(timezone=True)),
    Column("reason", Text, comment="why it was declined or expired"),
    Column("visit", Text),
    Column("visited_on", Date),
    Column("stopped_on", Date, comment="when they were said to come no more"),
    Column("paused_until", Date, comment="declined since the activity is paused: the last day of it"),
    Column("asked_at", DateTime(timezone=True), comment="the latest question to the coach"),
)
errand = Table(
    "errand",
    metadata,
    Column("errand_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="sealed: a question is free text"),
    Column("due_at", DateTime(timezone=True), nullable=False, comment="when it is tried, or its lease ends"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    comment="what another service is still to be told over HTTP; gone once it is",
)
Index("ix_errand_due_at", errand.c.due_at)

handover = Table(
    "handover",
    metadata,
    Column("referral_id", Uuid, primary_key=True),
    Column("choice", Integer, primary_key=True),
    Column("generation", Integer, primary_key=True, comment="of the link that was given up"),
    Column("token_hash", LargeBinary, comment="of that link, so that its holder can read what was done"),
    Column("cause", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("giver", Integer, nullable=False, comment="who of the function had it"),
    Column("taker", Integer, comment="who has it since; null: whoever was in charge when the notice went out"),
    Column("until", Date, comment="the last day on which the giver said to be away"),
    comment="an invitation changed hands",
)
Index(
    "ix_handover_token_hash",
    handover.c.token_hash,
    unique=True,
    postgresql_where=text("token_hash is not null"),
)

Index(
    "ix_invitation_token_hash",
    invitation.c.token_hash,
    unique=True,
    postgresql_where=text("token_hash is not null"),
)
Index("ix_invitation_notice_at", invitation.c.notice_at, postgresql_where=text("notice_at is not null"))
Index(
    "ix_invitation_contact_id",
    invitation.c.contact_id,
    invitation.c.since,
    postgresql_where=text("state in ('notified', 'accepted')"),
)
Index("ix_invitation_municipality", invitation.c.municipality, invitation.c.reserved_at)
