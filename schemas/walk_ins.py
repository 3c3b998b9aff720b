"""How many come to an activity by themselves, and what that leaves of its seats, over HTTP only. Never who they are."""

from schemas.event import Part
from schemas.fields import Count


class WalkIns(Part):
    """How many take part who were not referred; all of them, not only the new ones."""

    walk_ins: Count


class SeatsNow(Part):
    """The seats as they are now; without a maximum there are always more. `waiting` stand in line."""

    maximum: int | None
    taken: int
    waiting: int
