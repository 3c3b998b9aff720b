"""What others hear of a referral follows from what changed of it, and from nothing else.

So a referral that was never announced causes no event outside its centre's own topic, whoever moved it.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from schemas.needs import Needs
from schemas.referral import (
    ActivityChosen,
    ReferralClosed,
    ReferralErased,
    ReferralReceived,
    ReferralRequested,
    ReferralStatusChanged,
    ReferralWithdrawn,
)
from services.referral.centre_topics import status_topic
from services.referral.domain.consent import first_moment, moment_after
from services.referral.domain.referral import UNDER_WAY, Referral, Status
from services.referral.store.work import Work, load_referrals, load_requests, next_ids, save
from services.runtime.transaction import Transaction
from services.working_days import local_day, working_day_after

NEEDS: Final = tuple(Needs.model_fields)
_needs: Final = attrgetter(*NEEDS)
UNTOLD: Final = Status()
ERASED: Final = "erased"
"""The reason that a centre is told last of a referral that it had erased."""
A_TRANSACTION: Final = 500
DAYS_TO_CHOOSE: Final = 10
"""Working days."""
BEFORE_ALL: Final = UUID(int=0)


def tell(
    work: Work,
    referral: Referral,
    who: str,
    what: str,
    *,
    choice: int | None = None,
    activity_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    """Write down what happened and announce what it changed, to each what they may know.

    `choice` and `activity_id` are those that it is about, when they are not the referral's present ones.
    """
    before, now = work.told.get(referral.referral_id, UNTOLD), referral.status
    about = {"choice": choice, "activity_id": activity_id} if choice is not None else _chosen(referral)
    work.add_history(referral, who, what, **about, reason=reason)
    if now.announced and not before.announced:
        work.tx.announce(referral, received(work.requests[referral.referral_id].content, referral))
    if now.choice != before.choice:
        if what != ActivityChosen.event_name:
            work.add_history(referral, "referral", ActivityChosen.event_name, **_chosen(referral))
        work.tx.announce(referral, _activity_chosen(referral))
    if now.announced and now.state != before.state:
        _tell_the_end(work, referral)
    if now != before:
        work.tx.announce(referral, _status_changed(referral), topic=status_topic(referral.health_centre))
        if referral.told_by_webhook:
            work.add_message(referral)
        work.told[referral.referral_id] = now


def tell_erasure(work: Work, referral: Referral) -> None:
    """Have everybody forget it who heard of it.

    Its centre's own topic tells it of every referral: a restored database has nothing else to know it by.
    """
    referral.enter(referral.state if referral.has_ended else "withdrawn", "nobody", work.tx.now, ERASED)
    if referral.announced:
        work.tx.announce(referral, ReferralErased(referral_id=referral.referral_id))
    work.tx.announce(referral, _status_changed(referral), topic=status_topic(referral.health_centre))


def announce_again(work: Work, referral: Referral) -> None:
    """Announce what the next step of the referral hangs on; whoever heard it before does nothing twice."""
    if referral.announced and referral.state in ("received", "unmatched"):
        work.tx.announce(referral, received(work.requests[referral.referral_id].content, referral))
    elif referral.state in UNDER_WAY:
        work.tx.announce(referral, _activity_chosen(referral))


async def announce_state(begin: Callable[[], AbstractAsyncContextManager[Transaction]]) -> int:
    """Announce what other services need to know of the referrals under way; return how many events that were."""
    count, after = 0, BEFORE_ALL
    while True:
        async with begin() as tx:
            ids = await next_ids(tx, after, A_TRANSACTION)
            if not ids:
                return count
            work = await load_referrals(tx, ids)
            await load_requests(work, ids)
            for referral in work.referrals.values():
                announce_again(work, referral)
            await save(work)
        count, after = count + len(tx.events), ids[-1]


def watch_consent(work: Work, referral: Referral) -> None:
    """Have the referral reconsidered when its consent begins and when it is over.

    The key is not the referral's own, so that the sweep does not take this for something on its way.
    """
    given_on, expires_on, municipality = referral.consent_given_on, referral.consent_expires_on, referral.municipality
    if given_on is None or expires_on is None:
        return
    today, key = local_day(work.tx.now, municipality), f"{referral.referral_id}/consent"
    if given_on > today:
        work.tx.set_deadline("consent_starts", key, first_moment(given_on, municipality))
    if expires_on >= today:
        work.tx.set_deadline("consent_ends", key, moment_after(expires_on, municipality))


def watch_choice(work: Work, referral: Referral) -> None:
    """Have the coach asked when the participant has chosen nothing for too long; the key is as that of consent."""
    today, municipality = local_day(work.tx.now, referral.municipality), referral.municipality
    last = working_day_after(today, DAYS_TO_CHOOSE, municipality[:2])
    work.tx.set_deadline("choice_overdue", f"{referral.referral_id}/choice", moment_after(last, municipality))


def stop_watching(work: Work, referral: Referral) -> None:
    """Have nothing happen to it any more because of the time."""
    watched = {"consent_starts": "consent", "consent_ends": "consent", "choice_overdue": "choice"}
    for kind, what in (watched | {"unmatched_long": "unmatched"}).items():
        work.tx.cancel_deadline(kind, f"{referral.referral_id}/{what}")


def received(request: ReferralRequested, referral: Referral) -> ReferralReceived:
    """Return what matching may know: needs, age and gender."""
    assert referral.consent_expires_on is not None  # noqa: S101 - what is announced has a consent in force
    return ReferralReceived(
        referral_id=referral.referral_id,
        age=request.participant.age,
        gender=request.participant.gender,
        consent_until=referral.consent_expires_on,
        names_distance=request.names_distance,
        **dict(zip(NEEDS, _needs(request), strict=True)),
    )


def _chosen(referral: Referral) -> dict[str, Any]:
    return {"choice": referral.choice, "activity_id": referral.activity_id}


def _activity_chosen(referral: Referral) -> ActivityChosen:
    assert referral.activity_id is not None  # noqa: S101 - a choice under way is of an activity
    return ActivityChosen(
        referral_id=referral.referral_id,
        choice=referral.choice,
        activity_id=referral.activity_id,
        wait=str(referral.activity_id) in referral.waits,
    )


def _tell_the_end(work: Work, referral: Referral) -> None:
    named: dict[str, Any] = {"referral_id": referral.referral_id, "choice": referral.choice}
    if referral.state == "withdrawn":
        work.tx.announce(referral, ReferralWithdrawn(**named | {"reason": referral.reason}))
    elif referral.has_ended:
        work.tx.announce(referral, ReferralClosed(**named | {"outcome": referral.outcome}))


def _status_changed(referral: Referral) -> ReferralStatusChanged:
    return ReferralStatusChanged(
        referral_id=referral.referral_id,
        state=referral.state,
        choice=referral.choice or None,
        activity_id=referral.activity_id,
        waiting_on=referral.waiting_on,
        since=referral.since,
        reason=referral.reason,
        outcome=referral.outcome,
    )
