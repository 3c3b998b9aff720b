"""What sets some referrals apart: arm, protection, consent, what makes one bad. Never the plain rest."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal

from services.demo.participants import Participant

Way = Literal["kafka", "http"]
Body = dict[str, Any]
Twist = Callable[[Body, Participant, date], None]

PERSONAL_NUMBER = "01017050040"
"""A valid fødselsnummer for a birth in 1870: nobody alive was ever given it."""

STORIES: tuple[str, ...] = (
    "control",
    "control",
    "protected",
    "consent_ended",
    "no_consent",
    "bad_personal_number",
    "bad_contact",
    "bad_unknown_field",
    "bad_age",
)
"""What a demo run tells, each as often as it stands here; all else is plain."""

ONLY_BY: dict[str, Way] = {
    "protected": "http",
    "bad_personal_number": "kafka",
    "bad_contact": "kafka",
    "bad_unknown_field": "http",
    "bad_age": "http",
}
"""The way a story's request must be sent; one that is missing here may go either way."""


def _control(body: Body, _participant: Participant, _on: date) -> None:
    body["study_arm"] = "control"


def _protected(body: Body, _participant: Participant, _on: date) -> None:
    body["participant"]["protected_identity"] = True


def _consent_ended(body: Body, _participant: Participant, on: date) -> None:
    ended_on = on - timedelta(days=1)
    body["consent"]["given_on"] = (ended_on - timedelta(days=365)).isoformat()
    body["consent"]["expires_on"] = ended_on.isoformat()


def _no_consent(body: Body, _participant: Participant, _on: date) -> None:
    body["consent"] = None


def _bad_personal_number(body: Body, _participant: Participant, _on: date) -> None:
    body["wishes"] = f"{body['wishes']} Fødselsnummeret er {PERSONAL_NUMBER}.".lstrip()


def _bad_contact(body: Body, participant: Participant, _on: date) -> None:
    body["contact"] = participant.contact()


def _bad_unknown_field(body: Body, participant: Participant, _on: date) -> None:
    body["nickname"] = participant.first_name


def _bad_age(body: Body, _participant: Participant, _on: date) -> None:
    body["participant"]["age"] = "130"
    body["interests"] = ["walking", "parkour"]


TWISTS: dict[str, Twist] = {
    "control": _control,
    "protected": _protected,
    "consent_ended": _consent_ended,
    "no_consent": _no_consent,
    "bad_personal_number": _bad_personal_number,
    "bad_contact": _bad_contact,
    "bad_unknown_field": _bad_unknown_field,
    "bad_age": _bad_age,
}
"""What each story changes in a request that was good before."""
