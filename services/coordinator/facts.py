"""Which event tells where an invitation stands. Never whether it should be told."""

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
    names = {
        "referral_id": invitation.referral_id,
        "choice": invitation.choice,
        "activity_id": invitation.activity_id,
    }
    match invitation.state:
        case "reserved" | "released":
            return []
        case "notified":
            told = {"contact_id": invitation.contact_id, "channel": "email", "answer_by": invitation.answer_by}
            return [ContactNotified.model_validate(names | told)]
        case "accepted":
            visit = {"visit": invitation.visit, "on": invitation.visited_on}
            visits = [VisitRecorded.model_validate(names | visit)] if invitation.visit else []
            return [InvitationAccepted.model_validate(names), *visits]
        case "declined":
            return [InvitationDeclined.model_validate(names | {"reason": invitation.reason})]
        case "expired":
            return [InvitationExpired.model_validate(names | {"reason": invitation.reason})]
