"""What this service reads of another's event where it needs little of it. Never what it does with it."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from schemas.activities import ActivitiesProposed, Change, Proposal, Waitable
from schemas.event import Event, Part
from schemas.fields import Count, Unrepeated, Uuid
from schemas.vocabulary import NoMatch, Rule


class Proposed(Part):
    """An activity that fits; all else of it is for the coach's eyes, and kept as it came."""

    activity_id: Annotated[str, StringConstraints(to_lower=True, min_length=36, max_length=36)]


class ActivitiesHeard(Event):
    """`ActivitiesProposed`, read for which activities it proposes, best first."""

    event_name: ClassVar[str] = ActivitiesProposed.event_name
    topic: ClassVar[str] = ActivitiesProposed.topic

    referral_id: Uuid
    proposals: tuple[Proposed, ...] = Field(strict=False)


class MatchingAnswer(Part):
    """What is shown of `ActivitiesProposed` and `NoActivityFound`, either of which was kept as it came."""

    reason: NoMatch | None = None
    proposals: tuple[Proposal, ...] = Field(default=(), strict=False)
    waitable: Unrepeated[Uuid] = ()
    waitable_activities: tuple[Waitable, ...] = Field(default=(), strict=False)
    excluded: dict[Rule, Count] = Field(default_factory=dict)
    changes: tuple[Change, ...] = Field(default=(), strict=False)
