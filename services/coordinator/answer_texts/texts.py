"""What an answer page says, part by part. Never the words themselves."""

from typing import Literal, TypedDict

from schemas.vocabulary import DeclineReason
from services.coordinator.domain.invitation import State

Wrong = Literal[
    "reason_is_missing",
    "until_is_past",
    "away_is_past",
    "nobody_else",
    "question",
    "no_number",
    "no_activity",
    "catalogue_away",
]
"""Why a form was not taken."""


class Pause(TypedDict):
    """Pausing the activity."""

    heading: str
    lead: str
    until: str
    send: str
    done: str


class Question(TypedDict):
    """Asking the coach."""

    heading: str
    label: str
    hint: str
    send: str
    sent: str
    show: str
    yours: str
    answer: str
    none_yet: str
    nothing: str


class Handover(TypedDict):
    """Handing over to the deputy."""

    heading: str
    lead: str
    until: str
    send: str
    done: str


class GivenUp(TypedDict):
    """The page of a link that was handed over."""

    heading: str
    lead: str
    now: dict[str, str]
    """By the state of the invitation."""


class WalkIns(TypedDict):
    """Counting those who come by themselves."""

    heading: str
    lead: str
    label: str
    send: str
    counted: str
    counted_of: str
    """Where the activity has a maximum."""
    waiting: str
    """Added where somebody stands in line."""


class Texts(TypedDict):
    """The page in one language."""

    heading: dict[State, str]
    lead: dict[State, str]
    activity: str
    organiser: str
    place: str
    times: str
    answer_by: str
    accept: str
    decline: str
    cannot: str
    why: str
    reason: dict[DeclineReason, str]
    paused_until: str
    wrong: dict[Wrong, str]
    pause: Pause
    handover: Handover
    given_up: GivenUp
    walk_ins: WalkIns
    question: Question
    change: str
    who: str
    show: str
    shared: dict[str, str]
    with_company: str
    nothing_shared: str
    not_kept: str
    visit: str
    attended: str
    no_show: str
    stopped: str
    has_stopped: str
    visited: dict[str, str]
    about_us: str
