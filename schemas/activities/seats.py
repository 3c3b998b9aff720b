"""What becomes of seats, as it is announced. Never who sits in one."""

from typing import ClassVar

from schemas.activities.catalogue import Session
from schemas.event import Event
from schemas.fields import (
    ChoiceNumber,
    Count,
    Municipality,
    Unrepeated,
    Uuid,
)
from schemas.vocabulary import (
    Mode,
    SeatRefusal,
    SeatRelease,
)

SEAT_TOPIC = "seat-events-v1"


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


class SeatAwaited(Event):
    """The choice stands in line for a seat; its place was that at the time, 1 for whoever is next."""

    event_name: ClassVar[str] = "seat.awaited"
    topic: ClassVar[str] = SEAT_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid
    place: Count


class SeatOffered(Event):
    """A seat was freed and is now kept for the choice, which stood first in line; SeatReserved says the rest."""

    event_name: ClassVar[str] = "seat.offered"
    topic: ClassVar[str] = SEAT_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid


class SeatReleased(Event):
    """The choice's seat is free again."""

    event_name: ClassVar[str] = "seat.released"
    topic: ClassVar[str] = SEAT_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid
    reason: SeatRelease
