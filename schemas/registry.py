"""Which events exist, by their CloudEvents type: how a reader tells a known type from an unknown one."""

from typing import Final

from schemas import activities, coordinator, referral
from schemas.event import Event

ALL: Final[tuple[type[Event], ...]] = (
    referral.ReferralRequested,
    referral.ReferralWithdrawalRequested,
    referral.ReferralRejected,
    referral.ReferralStatusChanged,
    referral.ReferralReceived,
    referral.ActivityChosen,
    referral.ReferralWithdrawn,
    referral.ReferralClosed,
    referral.ReferralErased,
    activities.ActivitiesProposed,
    activities.NoActivityFound,
    activities.ActivityPublished,
    activities.ActivityWithdrawn,
    activities.SeatReserved,
    activities.SeatRefused,
    activities.SeatReleased,
    activities.SeatAwaited,
    activities.SeatOffered,
    activities.ContactFunctionChanged,
    coordinator.ContactNotified,
    coordinator.ContactUnreachable,
    coordinator.InvitationAccepted,
    coordinator.InvitationDeclined,
    coordinator.InvitationExpired,
    coordinator.VisitRecorded,
)

EVENTS: Final[dict[str, type[Event]]] = {event.type(): event for event in ALL}
"""By `ce_type`."""
