"""What health centres ask of the referral service and what it announces. Never how it decides."""

import json
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo, model_validator

from schemas.event import Event, Part
from schemas.extensions import PrivateExtensions
from schemas.fields import (
    CalendarDay,
    ChoiceNumber,
    Email,
    HealthCentre,
    NoPersonalNumber,
    Phone,
    Spelled,
    Unrepeated,
    Uuid,
    broken,
)
from schemas.needs import Needs
from schemas.parts import broken_at
from schemas.strict import FieldError
from schemas.vocabulary import (
    Gender,
    Outcome,
    Policy,
    ReferralState,
    Shared,
    Sign,
    StudyArm,
    WaitingOn,
    WithdrawalReason,
)

REQUESTS_TOPIC = "referral-requests-v1"
STATUS_TOPIC = "referral-status-v1"
EVENTS_TOPIC = "referral-events-v1"


@dataclass(frozen=True)
class Sender:
    """Who sends a request and how: the context in which `strict.parse` checks what depends on it."""

    health_centre: str
    over: Literal["http", "kafka"]


def _of_the_sender(health_centre: str, info: ValidationInfo) -> str:
    if isinstance(info.context, Sender) and info.context.health_centre != health_centre:
        raise broken("must be the sender's own health centre")
    return health_centre


OwnCentre = Annotated[HealthCentre, AfterValidator(_of_the_sender)]


class Person(Part):
    """Who is referred, as far as matching may know."""

    age: int = Field(ge=0, le=120)
    gender: Gender = "undisclosed"
    protected_identity: bool = False


class Participant(Person):
    """Who is referred, under the centre's own id."""

    pseudonym: Annotated[
        str,
        Spelled("[A-Za-z0-9._-]{1,64}", "must be 1 to 64 letters A-Z, digits, dots, hyphens or _"),
        NoPersonalNumber,
    ]


class Consent(Part):
    """Who may get what, for what, until when (both days inclusive)."""

    given_on: CalendarDay
    expires_on: CalendarDay
    share: Unrepeated[Shared] = ()
    purpose: Annotated[str, Field(max_length=200), NoPersonalNumber]


class Contact(Part):
    """How the participant is reached; kept encrypted, released only under `Consent.share`."""

    first_name: Annotated[str, Field(max_length=200), NoPersonalNumber] | None = None
    phone: Phone | None = None
    email: Email | None = None


def _over_http(contact: Contact | None, info: ValidationInfo) -> Contact | None:
    if contact is not None and isinstance(info.context, Sender) and info.context.over == "kafka":
        raise broken("is taken over HTTP only")
    return contact


class MatchPreview(Needs):
    """A request without ids: asks for proposals before anything is stored."""

    participant: Person
    signs: Unrepeated[Sign] = ()
    wishes: Annotated[str, Field(max_length=500), NoPersonalNumber] = ""
    consent: Consent | None = None
    study_arm: StudyArm | None = None
    policy: Policy = "coach_chooses"
    contact: Annotated[Contact | None, AfterValidator(_over_http)] = None
    extensions: PrivateExtensions = Field(default_factory=dict)

    @property
    def names_distance(self) -> bool:
        """Whether it says how far; else that is left to the municipality."""
        return "max_distance_km" in self.model_fields_set


class ReferralRequested(MatchPreview, Event):
    """A health centre refers a participant. Strict: read it with `strict.parse` and a `Sender`."""

    event_name: ClassVar[str] = "referral.requested"
    topic: ClassVar[str] = REQUESTS_TOPIC

    referral_id: Uuid
    health_centre: OwnCentre
    participant: Participant

    def content(self) -> str:
        """Return all of it as text: equal when, and only when, a request is sent again with the same content."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


class ReferralWithdrawalRequested(Event):
    """A health centre ends its referral. Strict: read it with `strict.parse` and a `Sender`."""

    event_name: ClassVar[str] = "referral.withdrawal_requested"
    topic: ClassVar[str] = REQUESTS_TOPIC
    overtakes: ClassVar[bool] = True

    referral_id: Uuid
    health_centre: OwnCentre
    reason: WithdrawalReason


class Choice(Part):
    """The activity that the participant chose, and what they would take next, in their order.

    With `wait` they would rather wait for a seat than go on where it is full.
    """

    activity_id: Uuid
    then: Annotated[Unrepeated[Uuid], Field(max_length=4)] = ()
    wait: bool = False

    @model_validator(mode="after")
    def _next_is_another(self) -> Self:
        if self.activity_id in self.then:
            raise broken_at("then", "must not hold the chosen activity")
        return self


class Withdrawal(Part):
    """Why the referral ends."""

    reason: WithdrawalReason


class Closing(Part):
    """How it went."""

    outcome: Outcome


class ReferralRejected(Event):
    """A centre's request broke rules: every field's path and rule, never the value."""

    event_name: ClassVar[str] = "referral.rejected"
    topic: ClassVar[str] = STATUS_TOPIC

    referral_id: Uuid | None
    errors: tuple[FieldError, ...] = Field(strict=False)

    @property
    def key(self) -> str:
        """The referral's id, or `unknown` where it could not be read."""
        return "unknown" if self.referral_id is None else super().key


class ReferralStatusChanged(Event):
    """Where a referral stands now and on whom it waits; for its own centre only."""

    event_name: ClassVar[str] = "referral.status_changed"
    topic: ClassVar[str] = STATUS_TOPIC

    referral_id: Uuid
    state: ReferralState
    choice: ChoiceNumber | None = None
    activity_id: Uuid | None = None
    waiting_on: WaitingOn
    since: AwareDatetime
    reason: str | None = None
    outcome: Outcome | None = None


class ReferralReceived(Needs, Event):
    """Coded needs, and only those: never signs, wishes, pseudonym, centre, study arm or protection."""

    event_name: ClassVar[str] = "referral.received"
    topic: ClassVar[str] = "referral-needs-v1"

    referral_id: Uuid
    age: int = Field(ge=0, le=120)
    gender: Gender
    consent_until: CalendarDay
    names_distance: bool = True
    """False: nobody said how far, and the municipality's default distance holds, if it has chosen one."""


class ActivityChosen(Event):
    """The participant's choice, or the policy's; `wait` asks for the waiting list when it is full."""

    event_name: ClassVar[str] = "activity.chosen"
    topic: ClassVar[str] = EVENTS_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid
    wait: bool = False


class ReferralWithdrawn(Event):
    """The referral ended before it was closed; `choice` is the last one, 0 when there was none."""

    event_name: ClassVar[str] = "referral.withdrawn"
    topic: ClassVar[str] = EVENTS_TOPIC
    overtakes: ClassVar[bool] = True

    referral_id: Uuid
    choice: ChoiceNumber
    reason: WithdrawalReason


class ReferralClosed(Event):
    """An outcome ended the referral; `choice` is the last one, 0 when there was none."""

    event_name: ClassVar[str] = "referral.closed"
    topic: ClassVar[str] = EVENTS_TOPIC
    overtakes: ClassVar[bool] = True

    referral_id: Uuid
    choice: ChoiceNumber
    outcome: Outcome


class ReferralErased(Event):
    """All that can be tied to the participant is to be forgotten."""

    event_name: ClassVar[str] = "referral.erased"
    topic: ClassVar[str] = EVENTS_TOPIC
    overtakes: ClassVar[bool] = True

    referral_id: Uuid
