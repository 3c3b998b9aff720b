"""How the activities service stores what it owns. Never who was referred: a referral is an id and its needs."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.runtime.tables import with_runtime_tables

metadata = with_runtime_tables()

CHANGED_NOW = "pg_current_xact_id()::text::bigint"
"""The changing transaction's number: see `store.catalogue` for why not a time or a counter."""

organiser = Table(
    "organiser",
    metadata,
    Column("organiser_id", Text, primary_key=True),
    Column("municipality", Text, nullable=False, comment="whose coordinator keeps it"),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
)
Index("ix_organiser_municipality", organiser.c.municipality, organiser.c.organiser_id)

agreement = Table(
    "agreement",
    metadata,
    Column("organiser_id", Text, primary_key=True),
    Column("municipality", Text, primary_key=True),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
)

meeting_place = Table(
    "meeting_place",
    metadata,
    Column("place_id", Text, primary_key=True),
    Column("municipality", Text, nullable=False, comment="whose coordinator keeps it"),
    Column("name", Text, nullable=False),
    Column("latitude", Double, nullable=False),
    Column("longitude", Double, nullable=False),
    Column("address", Text, nullable=False),
)
Index("ix_meeting_place_municipality", meeting_place.c.municipality, meeting_place.c.place_id)

activity = Table(
    "activity",
    metadata,
    Column("activity_id", UUID(as_uuid=True), primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("organiser_id", Text, nullable=False),
    Column("place_id", Text),
    Column("status", Text, nullable=False, comment="as in the document, or `withdrawn`"),
    Column("name", Text, nullable=False),
    Column(
        "document",
        Text,
        nullable=False,
        comment="ActivityPublished, its seats as they were then; jsonb rewrites numbers",
    ),
    Column("matched", LargeBinary, nullable=False, comment="what matching reads of it: see `domain.matching.records`"),
    Column("sequence", BigInteger, nullable=False, server_default="0"),
    Column("changed", BigInteger, nullable=False, server_default=text(CHANGED_NOW)),
)
SORTED_LENGTH: Final = 500
"""So many characters of a name: an entry of an index has room for no more, whatever they are."""
Index("ix_activity_municipality", activity.c.municipality, text(f"left(name, {SORTED_LENGTH})"), activity.c.activity_id)
Index("ix_activity_organiser_id", activity.c.organiser_id)
Index("ix_activity_place_id", activity.c.place_id)

seats = Table(
    "seats",
    metadata,
    Column("activity_id", UUID(as_uuid=True), ForeignKey("activity.activity_id"), primary_key=True),
    Column("maximum", Integer, comment="null: unlimited"),
    Column("taken", Integer, nullable=False, comment="by everyone, referred or not; may exceed the maximum"),
    Column("walk_ins", Integer, nullable=False, comment="those of them who came by themselves"),
    Column("line", Text, nullable=False, server_default="", comment="who waits: referral_id:choice, next one first"),
    Column("changed", BigInteger, nullable=False, server_default=text(CHANGED_NOW)),
    CheckConstraint("taken >= 0", name="taken"),
)
"""Apart from the activity, for every reservation writes it."""
Index("ix_seats_changed", seats.c.changed)

pause = Table(
    "pause",
    metadata,
    Column("activity_id", UUID(as_uuid=True), primary_key=True),
    Column("until", Date, nullable=False, comment="the last day; the day after, it is published again"),
)

matching_settings = Table(
    "matching_settings",
    metadata,
    Column("municipality", Text, primary_key=True),
    Column("version", Integer, primary_key=True, comment="the highest holds; 0 is the contract and has no row"),
    Column("weights", JSONB, nullable=False, comment="what each term weighs"),
    Column("verified_days", Integer, nullable=False),
    Column("default_distance_km", Double, nullable=False, comment="for participants who named none"),
    Column("since", DateTime(timezone=True), nullable=False),
)
"""Never changed, only added to: what was proposed says by which version."""

contact_function = Table(
    "contact_function",
    metadata,
    Column("contact_id", UUID(as_uuid=True), primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("document", JSONB, comment="ContactFunctionChanged; null when removed"),
    Column("sequence", BigInteger, nullable=False, server_default="0"),
)
Index("ix_contact_function_municipality", contact_function.c.municipality, contact_function.c.contact_id)

referral = Table(
    "referral",
    metadata,
    Column("referral_id", UUID(as_uuid=True), primary_key=True),
    Column("ended_choice", Integer, nullable=False, comment="the highest choice that is over, 0 for none"),
    Column("refusal", Text, comment="why that choice got no seat; null when it ended otherwise"),
    Column("has_ended", Boolean, nullable=False, comment="no choice of it gets a seat any more"),
    Column("held_choice", Integer, comment="the choice that holds a seat"),
    Column("held_activity_id", UUID(as_uuid=True)),
    Column("sequence", BigInteger, nullable=False, server_default="0"),
)
"""What settles races between choices and endings; a referral's needs are not here."""

unmatched = Table(
    "unmatched",
    metadata,
    Column("referral_id", UUID(as_uuid=True), primary_key=True),
    Column("municipality", Text, nullable=False, comment="as in its needs"),
    Column("needs", JSONB, nullable=False, comment="ReferralReceived, while it is tried"),
    Column("since", DateTime(timezone=True), nullable=False),
)
Index("ix_unmatched_municipality", unmatched.c.municipality)
