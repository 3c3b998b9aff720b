"""What of a municipality's catalogue needs its coordinator today, over HTTP only. Never who was referred."""

from datetime import date
from uuid import UUID

from schemas.event import Part


class EndingAgreement(Part):
    """An agreement, with its last day."""

    organiser_id: str
    name: str
    last_on: date


class EndingVerification(Part):
    """An activity, with the last day on which it is proposed unless somebody verifies it."""

    activity_id: UUID
    name: str
    last_on: date
    contact_id: UUID | None = None


class Line(Part):
    """How many stand in line for an activity."""

    activity_id: UUID
    name: str
    waiting: int


class Today(Part):
    """What ends soon, or has ended within as many days, and who stands in line."""

    agreements: tuple[EndingAgreement, ...]
    verifications: tuple[EndingVerification, ...]
    lines: tuple[Line, ...]
