"""What matching answers, as it is announced. Never how it matches."""

from typing import ClassVar

from pydantic import Field

from schemas.event import Event, Part
from schemas.fields import (
    Count,
    Language,
    Number,
    Unrepeated,
    Uuid,
)
from schemas.parts import Cost, WeeklyTime
from schemas.vocabulary import (
    Category,
    Day,
    Mode,
    NoMatch,
    Rule,
    Term,
)

MATCHING_TOPIC = "matching-events-v1"


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
    """The best fits, best first; how many activities each rule excluded; which full ones would fit.

    Ranked by this version of the rules and of the settings of the participant's municipality (0: the contract's).
    """

    event_name: ClassVar[str] = "activities.proposed"
    topic: ClassVar[str] = MATCHING_TOPIC

    referral_id: Uuid
    proposals: tuple[Proposal, ...] = Field(strict=False)
    rules_version: Count = 1
    settings_version: Count = 0
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
    instead_of_km: float | None = None
    """How far was looked, which the municipality decides where the request does not say."""
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
