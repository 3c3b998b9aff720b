"""Taking a request, however it came. Never who may send it: that was checked before."""

from typing import Literal

from schemas.referral import ReferralRequested
from services.referral.announcing import tell, watch_consent
from services.referral.domain.referral import Referral, reconsider, withdraw
from services.referral.store.work import Request, Work
from services.working_days import local_day

OTHER_CONTENT = "is known with other content"
"""Also said of another centre's referral and of one that was erased, so that nobody learns whose an id is."""


def take(
    work: Work, content: ReferralRequested, who: str, contact_digest: bytes | None = None
) -> Literal["new", "repeated", "other"]:
    """Store a new referral and let it begin, or wait; tell a repeat from another request under a known id."""
    if content.contact is not None:
        content = content.model_copy(update={"contact": None})
    request = Request(content, contact_digest)
    if content.referral_id in work.referrals:
        return "repeated" if _are_same(work.requests[content.referral_id], request) else "other"
    withdrawn = work.early.get((content.health_centre, content.referral_id))
    if withdrawn == "erased":
        return "other"
    now, consent = work.tx.now, content.consent
    referral = Referral(
        referral_id=content.referral_id,
        health_centre=content.health_centre,
        municipality=content.municipality,
        received_at=now,
        policy=content.policy,
        control=content.study_arm == "control",
        protected=content.participant.protected_identity,
        consent_given_on=consent.given_on if consent else None,
        consent_expires_on=consent.expires_on if consent else None,
        since=now,
        told_by_webhook=content.health_centre in work.webhooks,
    )
    work.add_referral(referral, request)
    if consent:
        work.add_consent(referral.referral_id, consent)
    if withdrawn:
        withdraw(referral, withdrawn, now)
    else:
        reconsider(referral, local_day(now, referral.municipality), now)
        watch_consent(work, referral)
    tell(work, referral, who, ReferralRequested.event_name)
    return "new"


def _are_same(one: Request, other: Request) -> bool:
    """Tell whether both say the same as JSON, whose 1 is not true, as Python's is."""
    return (one.content.content(), one.contact_digest) == (other.content.content(), other.contact_digest)
