"""What the activities service announces, and the lines of its import files. Never how it matches."""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from schemas.event import Event, Part
from schemas.extensions import Extensions
from schemas.fields import (
    LARGEST_COUNT,
    CalendarDay,
    ChoiceNumber,
    Count,
    Email,
    HttpsUrl,
    Language,
    Latitude,
    Longitude,
    Municipality,
    Name,
    Number,
    Phone,
    Unrepeated,
    Uuid,
    broken,
)
from schemas.parts import Cost, Holder, WeeklyTime, broken_at
from schemas.vocabulary import (
    AccessNeed,
    ActivityStatus,
    Audience,
    Category,
    ContactLanguage,
    Day,
    GroupSize,
    Mode,
    NoMatch,
    OrganiserKind,
    Rule,
    SeatRefusal,
    SeatRelease,
    Term,
)

ACTIVITY_TOPIC = "activity-events-v1"
CONTACT_TOPIC = "contact-events-v1"
MATCHING_TOPIC = "matching-events-v1"
SEAT_TOPIC = "seat-events-v1"


class Organiser(Part):
    """Who arranges the activity."""

    organiser_id: Name
    name: Name
    kind: OrganiserKind


class Place(Part):
    """A meeting place, in degrees."""

    place_id: Name
    name: Name
    latitude: Latitude
    longitude: Longitude
    address: str


class Session(WeeklyTime):
    """Hours that come back every so many weeks, between two days where they are given."""

    every_weeks: int = Field(default=1, ge=1, le=LARGEST_COUNT)
    first_on: CalendarDay | None = None
    last_on: CalendarDay | None = None


class Ages(Part):
    """Whom it is for; a bound that is null is none."""

    min: Count | None = None
    max: Count | None = None

    @model_validator(mode="after")
    def _min_not_above_max(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise broken_at("min", "must not be above `max`")
        return self


class Seats(Part):
    """How many there are (null: unlimited) and how many are taken, by everyone."""

    maximum: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    taken: Count


class Agreement(Part):
    """From when until when municipality and organiser have agreed, both days inclusive."""

    valid_from: CalendarDay
    valid_to: CalendarDay


def _place_fits_mode(place: Place | None, info: ValidationInfo) -> Place | None:
    if "mode" in info.data and (place is not None) != (info.data["mode"] == "place"):
        raise broken("must be there exactly when mode is place")
    return place


class ActivityPublished(Event):
    """The whole present state of an activity, whatever its status; also one line of an activities file."""

    event_name: ClassVar[str] = "activity.published"
    topic: ClassVar[str] = ACTIVITY_TOPIC
    key_field: ClassVar[str] = "activity_id"

    activity_id: Uuid
    name: Name
    description: str = ""
    organiser: Organiser
    municipality: Municipality
    open_to: Unrepeated[Municipality] = ()
    mode: Mode  # before the place, whose rule looks at it
    place: Annotated[Place | None, AfterValidator(_place_fits_mode)] = Field(default=None, validate_default=True)
    categories: Annotated[Unrepeated[Category], Field(min_length=1)]
    languages: Unrepeated[Language] = ()
    access: Unrepeated[AccessNeed] = ()
    sessions: Unrepeated[Session] = ()
    ages: Ages | None = None
    audience: Audience = "everyone"
    seats: Seats
    cost: Cost | None = None
    peer_led: bool = False
    group_size: GroupSize
    status: ActivityStatus
    agreement: Agreement | None = None
    verified_on: CalendarDay | None = None
    contact_id: Uuid | None = None
    extensions: Extensions = Field(default_factory=dict)


class ActivityWithdrawn(Event):
    """The activity is no more."""

    event_name: ClassVar[str] = "activity.withdrawn"
    topic: ClassVar[str] = ACTIVITY_TOPIC
    key_field: ClassVar[str] = "activity_id"

    activity_id: Uuid


def _reachable(phone: Phone | None, info: ValidationInfo) -> Phone | None:
    if phone is None and info.data.get("email", "") is None:
        raise broken("must be given when email is null")
    return phone


class ContactFunction(Part):
    """The role that is notified for an activity; one line of a contacts file.

    Reached at its own mailbox or phone, or by a webhook; a deputy answers when all before are absent or silent.
    """

    contact_id: Uuid
    municipality: Municipality
    name: Name
    email: Email | None = None
    phone: Annotated[Phone | None, AfterValidator(_reachable)] = Field(default=None, validate_default=True)
    language: ContactLanguage
    holder: Holder | None = None
    deputies: Unrepeated[Holder] = ()
    paused_until: CalendarDay | None = None
    webhook: HttpsUrl | None = None


class ContactFunctionChanged(ContactFunction, Event):
    """The whole present state of a contact function; its removal is a tombstone."""

    event_name: ClassVar[str] = "contact_function.changed"
    topic: ClassVar[str] = CONTACT_TOPIC
    key_field: ClassVar[str] = "contact_id"


class Proposal(Part):
    """An activity that fits: its score and terms (0..1), whole kilometres (null: no place), reason codes.

    `interests` and `languages` are those that were asked for and it has; `next_session` is the nearest that
    lies within a free time; `free_seats` is null where they are unlimited.
    """

    activity_id: Uuid
    name: str
    organiser_name: str
    place_name: str | None
    score: Number
    terms: dict[Term, Number]
    distance_km: int | None
    reasons: Unrepeated[str]
    next_session: WeeklyTime | None = None
    interests: Unrepeated[Category] = ()
    languages: Unrepeated[Language] = ()
    free_seats: Count | None = None


class Waitable(Part):
    """An activity that is full and would fit but for that, as it is told."""

    activity_id: Uuid
    name: str
    organiser_name: str
    place_name: str | None


class ActivitiesProposed(Event):
    """The best fits, best first; how many activities each rule excluded; which full ones would fit."""

    event_name: ClassVar[str] = "activities.proposed"
    topic: ClassVar[str] = MATCHING_TOPIC

    referral_id: Uuid
    proposals: tuple[Proposal, ...] = Field(strict=False)
    excluded: dict[Rule, Count] = Field(default_factory=dict)
    waitable: Unrepeated[Uuid] = ()
    waitable_activities: tuple[Waitable, ...] = Field(default=(), strict=False)


class Change(Part):
    """How many activities would fit if one thing that was asked for were given up or wider.

    One of the others says which: that they are as far as `km`, are on the `day`, in the `language`, of the
    `mode`, or cost as much.
    """

    count: Count
    km: Count | None = None
    day: Day | None = None
    language: Language | None = None
    mode: Mode | None = None
    cost: Cost | None = None


class NoActivityFound(Event):
    """Nothing fits, or matching was not allowed; `changes` of what was asked for would each help by themselves.

    If something fits later, ActivitiesProposed follows.
    """

    event_name: ClassVar[str] = "no_activity.found"
    topic: ClassVar[str] = MATCHING_TOPIC

    referral_id: Uuid
    reason: NoMatch
    excluded: dict[Rule, Count] = Field(default_factory=dict)
    waitable: Unrepeated[Uuid] = ()
    waitable_activities: tuple[Waitable, ...] = Field(default=(), strict=False)
    changes: tuple[Change, ...] = Field(default=(), strict=False)


class SeatReserved(Event):
    """A seat is kept for the choice; carries what a notice needs to say, as it was then."""

    event_name: ClassVar[str] = "seat.reserved"
    topic: ClassVar[str] = SEAT_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid
    contact_id: Uuid | None
    municipality: Municipality
    activity_name: str
    organiser_name: str
    place_name: str | None = None
    address: str | None = None
    mode: Mode
    sessions: Unrepeated[Session] = ()


class SeatRefused(Event):
    """The choice got no seat."""

    event_name: ClassVar[str] = "seat.refused"
    topic: ClassVar[str] = SEAT_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid
    reason: SeatRefusal


class SeatReleased(Event):
    """The choice's seat is free again."""

    event_name: ClassVar[str] = "seat.released"
    topic: ClassVar[str] = SEAT_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid
    reason: SeatRelease
