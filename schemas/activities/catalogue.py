"""Activities and contact functions as they are announced, and the lines of import files. Never how they are matched."""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from schemas.event import Event, Part
from schemas.extensions import Extensions
from schemas.fields import (
    LARGEST_COUNT,
    CalendarDay,
    Count,
    Email,
    HttpsUrl,
    Language,
    Latitude,
    Longitude,
    Municipality,
    Name,
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
    GroupSize,
    Mode,
    OrganiserKind,
)

ACTIVITY_TOPIC = "activity-events-v1"
CONTACT_TOPIC = "contact-events-v1"


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
