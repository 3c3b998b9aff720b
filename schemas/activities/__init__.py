"""What the activities service announces, and the lines of its import files. Never how it decides."""

from schemas.activities.catalogue import (
    ACTIVITY_TOPIC,
    CONTACT_TOPIC,
    ActivityPublished,
    ActivityWithdrawn,
    Ages,
    Agreement,
    ContactFunction,
    ContactFunctionChanged,
    Organiser,
    Place,
    Seats,
    Session,
)
from schemas.activities.proposals import MATCHING_TOPIC, ActivitiesProposed, Change, NoActivityFound, Proposal, Waitable
from schemas.activities.seats import SEAT_TOPIC, SeatAwaited, SeatOffered, SeatRefused, SeatReleased, SeatReserved

__all__ = [
    "ACTIVITY_TOPIC",
    "CONTACT_TOPIC",
    "MATCHING_TOPIC",
    "SEAT_TOPIC",
    "ActivitiesProposed",
    "ActivityPublished",
    "ActivityWithdrawn",
    "Ages",
    "Agreement",
    "Change",
    "ContactFunction",
    "ContactFunctionChanged",
    "NoActivityFound",
    "Organiser",
    "Place",
    "Proposal",
    "SeatAwaited",
    "SeatOffered",
    "SeatRefused",
    "SeatReleased",
    "SeatReserved",
    "Seats",
    "Session",
    "Waitable",
]
