"""What an answer page says, part by part. Never the words themselves."""

from typing import TypedDict

from schemas.vocabulary import DeclineReason
from services.coordinator.domain.invitation import State


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
    wrong: str
    show: str
    yours: str
    answer: str
    none_yet: str
    nothing: str


class Texts(TypedDict):
    """The page in one language."""

    skip: str
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
    reason_is_missing: str
    paused_until: str
    until_is_past: str
    pause: Pause
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
