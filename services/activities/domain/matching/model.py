"""What matching reads of an activity and of a referral, and what it answers. Never who the person is."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from schemas.vocabulary import (
    ActivityStatus,
    Audience,
    Gender,
    GroupSize,
    GroupSizeWish,
    Mode,
    NoMatch,
    OrganiserKind,
    Rule,
)
from services.activities.domain.matching.geography import Position


class Period(NamedTuple):
    """From the first to the last day, both included; in the wrong order it holds on no day."""

    first: date
    last: date

    def holds(self, on: date) -> bool:
        """Whether the day lies in the period."""
        return self.first <= on <= self.last


class Cost(NamedTuple):
    """What one session costs, or may cost."""

    amount: Decimal
    currency: str


class WeekTime(NamedTuple):
    """Hours of a week, within one day, in minutes from Monday 00:00 local time."""

    start: int
    end: int


class Session(NamedTuple):
    """When the activity is held, until a last day if it has one."""

    time: WeekTime
    last_on: date | None = None


class Activity(NamedTuple):
    """What matching reads of an activity; `activity_id` is lower-case text, whose it is only told apart.

    `position` is there exactly when the mode is `place`. Without sessions it is by appointment, without
    languages language does not matter, without a cost it is free, without a maximum seats are unlimited.
    """

    activity_id: str
    status: ActivityStatus
    organiser_kind: OrganiserKind
    municipality: str
    mode: Mode
    categories: frozenset[str]
    group_size: GroupSize
    audience: Audience = "everyone"
    open_to: frozenset[str] = frozenset()
    position: Position | None = None
    languages: frozenset[str] = frozenset()
    access: frozenset[str] = frozenset()
    sessions: tuple[Session, ...] = ()
    min_age: int | None = None
    max_age: int | None = None
    maximum: int | None = None
    taken: int = 0
    cost: Cost | None = None
    peer_led: bool = False
    agreement: Period | None = None
    verified_on: date | None = None
    organiser_id: str = ""

    @property
    def serves(self) -> frozenset[str]:
        """The municipalities whose participants may come."""
        return self.open_to | {self.municipality}


class Need(NamedTuple):
    """What matching reads of a referral: what an activity must fit and what would be liked.

    `free_times` are when the participant can come. An empty set or tuple asks for nothing; so do `max_cost`
    and `peer_led` None and `group_size` any. Who does not name a distance leaves it to the municipality.
    """

    municipality: str
    area: Position
    age: int
    gender: Gender
    max_distance_km: float = 10.0
    interests: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    access_needs: frozenset[str] = frozenset()
    free_times: tuple[WeekTime, ...] = ()
    modes: frozenset[Mode] = frozenset()
    max_cost: Cost | None = None
    peer_led: bool | None = None
    group_size: GroupSizeWish = "any"
    consent: Period | None = None
    control_arm: bool = False
    names_distance: bool = True


class Terms(NamedTuple):
    """One number for each thing that ranks: 0 to 1 for an activity, or what each weighs."""

    interest: float
    distance: float
    time: float
    preference: float
    seats: float
    freshness: float


class Proposal(NamedTuple):
    """An activity that fits, with its score, its terms and the codes of the reasons.

    `distance_km` is not rounded, and None for what is online or at home.
    """

    activity_id: str
    score: float
    terms: Terms
    distance_km: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The answer to a need: proposals best first, or why there are none.

    `waitable` names what is excluded for being full and nothing else, best first; `excluded` counts the
    whole catalogue by the first rule that each activity failed, in the rules' order, without zeros.
    `settings_version` tells by which of the municipality's settings it was ranked.
    """

    proposals: tuple[Proposal, ...] = ()
    waitable: tuple[str, ...] = ()
    excluded: dict[Rule, int] = field(default_factory=dict)
    no_match: NoMatch | None = None
    settings_version: int = 0
