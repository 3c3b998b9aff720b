"""Which event tells where an invitation stands. Never whether it should be told."""

from typing import Any

from schemas.coordinator import (
    ContactNotified,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    OfInvitation,
    VisitRecorded,
)
from services.coordinator.domain.invitation import Invitation


def facts_of(invitation: Invitation) -> list[OfInvitation]:
    """Return what others should know of the invitation as it stands; nothing of what they told us."""
    names = _names(invitation)
    match invitation.state:
        case "reserved" | "released":
            return []
        case "notified":
            return [_notified(invitation)]
        case "accepted":
            return [InvitationAccepted.model_validate(names), *visits_of(invitation)]
        case "declined":
            why = {"reason": invitation.reason, "paused_until": invitation.paused_until}
            return [InvitationDeclined.model_validate(names | why)]
        case "expired":
            return [InvitationExpired.model_validate(names | {"reason": invitation.reason})]


def handed_over(invitation: Invitation) -> ContactNotified:
    """Return that whoever was asked has handed the invitation over."""
    return _notified(invitation, handed_over=True)


def visits_of(invitation: Invitation) -> list[VisitRecorded]:
    """Return what is known of visits: how the latest one went, and that they come no more."""
    visit = {"visit": invitation.visit, "on": invitation.visited_on}
    stop = {"visit": "cancelled", "on": invitation.stopped_on, "stopped": True}
    told = ([visit] if invitation.visit else []) + ([stop] if invitation.stopped_on else [])
    return [VisitRecorded.model_validate(_names(invitation) | one) for one in told]


def _notified(invitation: Invitation, **more: bool) -> ContactNotified:
    told = {name: getattr(invitation, name) for name in ("contact_id", "channel", "answer_by")}
    return ContactNotified.model_validate(_names(invitation) | told | more)


def _names(invitation: Invitation) -> dict[str, Any]:
    return {name: getattr(invitation, name) for name in ("referral_id", "choice", "activity_id")}
