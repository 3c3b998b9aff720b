"""What the day page says, part by part. Never the words themselves."""

from typing import Literal, TypedDict

Section = Literal["unanswered", "questions", "bounced", "unreachable", "waiting", "agreements", "verifications"]


class Part(TypedDict):
    """A list of the page: what it is called, what the dates of its lines say, and the button of each."""

    heading: str
    since: str
    action: str


class DayTexts(TypedDict):
    """The page in one language."""

    title: str
    nothing: str
    away: str
    what: str
    solve: str
    new_email: str
    new_end: str
    no_address: str
    own_address: str
    save: str
    parts: dict[Section, Part]
