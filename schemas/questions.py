"""What a contact function asks the coach and what the coach answers, over HTTP only: free text is in no event."""

from typing import Annotated

from pydantic import AwareDatetime, StringConstraints

from schemas.event import Part
from schemas.fields import ChoiceNumber, NoPersonalNumber

FreeText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoPersonalNumber]


class Words(Part):
    """What somebody writes to somebody else."""

    text: FreeText


class Question(Words):
    """What whoever was asked to welcome a participant would like to know, of which choice, since when."""

    choice: ChoiceNumber
    asked_at: AwareDatetime


class IsAnswered(Part):
    """Whether a question has its answer."""

    is_answered: bool


class Answered(Part):
    """A question, and the coach's answer once there is one."""

    asked_at: AwareDatetime
    text: str
    answer: str | None = None
