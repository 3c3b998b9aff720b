"""How many come to an activity by themselves, and what that leaves of its seats, over HTTP only. Never who they are."""

from typing import Final

from pydantic import Field

from schemas.event import Part

MOST: Final = 9_999
"""More come nowhere by themselves."""


class WalkIns(Part):
    """How many take part who were not referred; all of them, not only the new ones."""

    walk_ins: int = Field(ge=0, le=MOST)


class SeatsNow(Part):
    """The seats as they are now; without a maximum there are always more. `waiting` stand in line."""

    maximum: int | None
    taken: int
    waiting: int
