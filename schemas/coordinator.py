"""What the coordinator service announces about invitations and visits. Never who the participant is."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from schemas.event import Event
from schemas.fields import CalendarDay, ChoiceNumber, Uuid
from schemas.vocabulary import DeclineReason, ExpiryReason, Visit

COORDINATION_TOPIC = "coordination-events-v1"


class OfInvitation(Event):
    """What every event of an invitation names: the referral, the number of its choice, the activity."""

    topic: ClassVar[str] = COORDINATION_TOPIC

    referral_id: Uuid
    choice: ChoiceNumber
    activity_id: Uuid


class ContactNotified(OfInvitation):
    """The notice was handed over, by this channel; without a contact function, to the coordinator."""

    event_name: ClassVar[str] = "contact.notified"

    contact_id: Uuid | None
    channel: Literal["email", "sms", "webhook"]
    answer_by: AwareDatetime
    handed_over: bool = False
    """Whoever was asked has handed it over to the next of the function, who is told now."""


class ContactUnreachable(OfInvitation):
    """The notice could not be delivered; the reason is a code."""

    event_name: ClassVar[str] = "contact.unreachable"

    contact_id: Uuid | None
    reason: str


class InvitationAccepted(OfInvitation):
    """The contact function welcomes the participant."""

    event_name: ClassVar[str] = "invitation.accepted"


class InvitationDeclined(OfInvitation):
    """The contact function cannot, and says why."""

    event_name: ClassVar[str] = "invitation.declined"

    reason: DeclineReason
    paused_until: CalendarDay | None = None
    """The last day of the pause, where that is the reason and is known."""


class InvitationExpired(OfInvitation):
    """Nobody answered in time, or nobody could be reached. Silence is not a refusal."""

    event_name: ClassVar[str] = "invitation.expired"

    reason: ExpiryReason


class VisitRecorded(OfInvitation):
    """How a visit went, on which day."""

    event_name: ClassVar[str] = "visit.recorded"

    visit: Visit
    on: CalendarDay
    stopped: bool = False
    """Whoever welcomed them says that they come no more; the visit is then `cancelled`."""
