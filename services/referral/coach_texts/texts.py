"""What the coach's pages say, part by part. Never the words themselves."""

from typing import Literal, TypedDict

from schemas.vocabulary import (
    AccessNeed,
    Gender,
    GroupSizeWish,
    Kind,
    Mode,
    Outcome,
    ReferralState,
    Shared,
    WaitingOn,
    WithdrawalReason,
)

Wrong = Literal["nothing_chosen", "chosen_twice", "not_proposed", "too_late", "answer"]
"""Why a form was not taken."""
Asked = Literal[
    "municipality",
    "latitude",
    "longitude",
    "age",
    "gender",
    "wishes",
    "interests",
    "languages",
    "access_needs",
    "free_times",
    "modes",
    "max_distance_km",
    "max_cost",
    "currency",
    "peer_led",
    "group_size",
]
"""What the form of what would fit asks for, by the field that it is mended in."""


class Codes(TypedDict):
    """What codes are called, at the beginning of a line."""

    state: dict[ReferralState, str]
    waiting_on: dict[WaitingOn, str]
    reason: dict[str, str]
    """Why a referral is in its state: whatever others may say of it."""
    outcome: dict[Outcome, str]
    withdrawal: dict[WithdrawalReason, str]
    shared: dict[Shared, str]
    kind: dict[Kind, str]
    need: dict[AccessNeed, str]
    mode: dict[Mode, str]
    gender: dict[Gender, str]
    peer_led: dict[Literal["", "yes", "no"], str]
    group_size: dict[GroupSizeWish, str]


class Listing(TypedDict):
    """The list of referrals."""

    title: str
    what_fits: str
    before: str
    show: str
    show_all: str
    on_coach: str
    caption: str
    participant: str
    nothing: str
    older: str


class Facts(TypedDict):
    """Where a referral stands."""

    state: str
    waiting_on: str
    since: str
    consent: str
    no_consent: str
    consent_days: str
    shares: str
    shares_nothing: str


class Proposals(TypedDict):
    """What fits, or why nothing does."""

    heading: str
    in_person: str
    tried_again: str
    tried_long: str
    away: str
    nothing: str
    would_help: str
    no_change: str
    full: str


class Choosing(TypedDict):
    """What the participant chooses."""

    heading: str
    first: str
    then: str
    next: str
    waits: str
    wait: str
    record: str


class Questions(TypedDict):
    """What contact functions ask."""

    heading: str
    one: str
    about: str
    label: str
    hint: str
    answer: str
    change: str


class Ending(TypedDict):
    """A form that ends a referral."""

    heading: str
    label: str
    button: str


class History(TypedDict):
    """Who did what when."""

    heading: str
    caption: str
    when: str
    who: str
    what: str
    state: str


class Fitting(TypedDict):
    """What would fit, before anything is saved."""

    title: str
    lead: str
    mistakes: str
    found: str
    asked: str
    area: str
    wishes: str
    read: str
    municipality: str
    languages: str
    time: str
    day: str
    start: str
    end: str
    ask: str
    label: dict[Asked, str]
    must: dict[Asked, str]
    """What is right there, said where something is not."""


class CoachTexts(TypedDict):
    """The pages in one language."""

    pages: str
    title: str
    wrong: dict[Wrong, str]
    codes: Codes
    listing: Listing
    facts: Facts
    wishes: str
    interests: str
    read: str
    proposals: Proposals
    choosing: Choosing
    questions: Questions
    outcome: Ending
    withdrawal: Ending
    mistake: Ending
    history: History
    fitting: Fitting
