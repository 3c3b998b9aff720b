"""What the activities service does with each event that it hears: matches, reserves, releases. Never SQL."""

from collections.abc import Iterable
from uuid import UUID

from schemas.coordinator import InvitationDeclined, InvitationExpired
from schemas.referral import ActivityChosen, ReferralClosed, ReferralErased, ReferralReceived, ReferralWithdrawn
from schemas.vocabulary import SeatRelease
from services.activities.answers import matching_event, seat_event
from services.activities.domain import seats
from services.activities.domain.seats import Outcome, Referral
from services.activities.store.referrals import Referrals, Work
from services.activities.wire import need_of_received
from services.runtime.handling import Delivery, Handlers


def make_handlers(referrals: Referrals) -> Handlers[Work]:
    """Return the handlers over the store of referrals."""
    handlers = Handlers(load=referrals.load, save=referrals.save)
    handlers.on(ReferralReceived)(match_referral)
    handlers.on(ActivityChosen)(reserve_seat)
    handlers.on(InvitationDeclined, InvitationExpired)(release_seat)
    handlers.on(ReferralWithdrawn)(withdraw_referral)
    handlers.on(ReferralClosed)(close_referral)
    handlers.on(ReferralErased)(erase_referral)
    return handlers


def match_referral(work: Work, received: ReferralReceived, _delivery: Delivery) -> None:
    """Propose what fits, or say that nothing does and keep the needs; a repeat is matched anew."""
    referral = work.referral(received.referral_id)
    if referral.has_ended:
        return
    answer = work.catalogue.answer(need_of_received(received), work.on)
    work.unmatched[received.referral_id] = received if answer.found.no_match == "no_activity" else None
    work.tx.announce(referral, matching_event(received.referral_id, answer, work.catalogue.listing))


def reserve_seat(work: Work, chosen: ActivityChosen, _delivery: Delivery) -> None:
    """Take a seat for the choice, and free that of an older one."""
    referral = work.referral(chosen.referral_id)
    announce(work, referral, seats.choose(referral, chosen.choice, chosen.activity_id, work.seats))


def release_seat(work: Work, ended: InvitationDeclined | InvitationExpired, _delivery: Delivery) -> None:
    """Free the seat whose invitation ended."""
    referral = work.referral(ended.referral_id)
    reason: SeatRelease = "declined" if isinstance(ended, InvitationDeclined) else "expired"
    announce(work, referral, seats.end_choice(referral, ended.choice, reason, work.seats))


def withdraw_referral(work: Work, withdrawn: ReferralWithdrawn, _delivery: Delivery) -> None:
    """Free whatever seat the referral holds, and give it none any more."""
    end(work, withdrawn.referral_id, withdrawn.choice, "withdrawn")


def close_referral(work: Work, closed: ReferralClosed, _delivery: Delivery) -> None:
    """Keep the seat of somebody who takes part; free any other."""
    if closed.outcome == "taking_part":
        seats.keep_seat(work.referral(closed.referral_id))
        work.unmatched[closed.referral_id] = None
    else:
        end(work, closed.referral_id, closed.choice, "closed")


def erase_referral(work: Work, erased: ReferralErased, _delivery: Delivery) -> None:
    """Free its seat and forget what was announced of it; that its choices are over is remembered."""
    end(work, erased.referral_id, 0, "erased")
    work.erased.add(erased.referral_id)


def end(work: Work, referral_id: UUID, choice: int, reason: SeatRelease) -> None:
    """Have the referral over: its seat free, its needs forgotten."""
    referral = work.referral(referral_id)
    work.unmatched[referral_id] = None
    announce(work, referral, seats.end_referral(referral, choice, reason, work.seats))


def announce(work: Work, referral: Referral, outcomes: Iterable[Outcome]) -> None:
    """Announce what became of seats."""
    for outcome in outcomes:
        work.tx.announce(referral, seat_event(referral.referral_id, outcome, work.catalogue.listing))
