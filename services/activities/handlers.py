"""What the activities service does with each event that it hears: matches, reserves, releases. Never SQL."""

from collections.abc import Iterable
from uuid import UUID

from schemas.coordinator import InvitationDeclined, InvitationExpired
from schemas.needs import TRIED_FOR
from schemas.referral import ActivityChosen, ReferralClosed, ReferralErased, ReferralReceived, ReferralWithdrawn
from schemas.vocabulary import SeatRelease
from services.activities.answers import matching_event, seat_event
from services.activities.domain import seats
from services.activities.domain.days import first_moment
from services.activities.domain.explaining import Answer
from services.activities.domain.seats import Outcome, Passed, Referral
from services.activities.domain.waiting import agreement_begins, sessions_end
from services.activities.store.referrals import Referrals, Work
from services.activities.store.seats import SEAT_NEWS, tell_of_seat
from services.activities.store.waiting import (
    AGREEMENT_BEGINS,
    OF_ACTIVITY,
    SESSIONS_END,
    STOP_TRYING,
    TRY_AGAIN,
    id_of,
    look_later,
)
from services.activities.wire import need_of_received
from services.runtime.handling import Deadline, Delivery, Handlers


def make_handlers(referrals: Referrals) -> Handlers[Work]:
    """Return the handlers over the store of referrals."""
    handlers = Handlers(load=referrals.load, save=referrals.save)
    handlers.on(ReferralReceived)(match_referral)
    handlers.on(ActivityChosen)(reserve_seat)
    handlers.on(InvitationDeclined, InvitationExpired)(release_seat)
    handlers.on(ReferralWithdrawn)(withdraw_referral)
    handlers.on(ReferralClosed)(close_referral)
    handlers.on(ReferralErased)(erase_referral)
    for kind in OF_ACTIVITY:
        handlers.on_deadline(kind)(look_through_waiting)
    handlers.on_deadline(TRY_AGAIN)(try_again)
    handlers.on_deadline(STOP_TRYING)(stop_trying)
    handlers.on_deadline(SEAT_NEWS)(hear_of_seat)
    return handlers


def match_referral(work: Work, received: ReferralReceived, _delivery: Delivery) -> None:
    """Propose what fits, or say that nothing does and keep the needs; a repeat is matched anew."""
    referral = work.referral(received.referral_id)
    if referral.has_ended:
        return
    answer = work.answers[received.referral_id]
    if answer.found.no_match == "no_activity":
        wait(work, received)
    else:
        work.unmatched[received.referral_id] = None
    work.tx.announce(referral, matching_event(received.referral_id, answer, work.catalogue.listing))


def wait(work: Work, received: ReferralReceived) -> None:
    """Keep the needs, to be tried for as long as the contract says.

    The first time at once: until this is committed, a change that helps cannot find them.
    """
    key, now = str(received.referral_id), work.tx.now
    work.unmatched[received.referral_id] = received
    work.tx.set_deadline(TRY_AGAIN, key, now)
    work.tx.set_deadline(STOP_TRYING, key, now + TRIED_FOR)


def look_through_waiting(work: Work, due: Deadline, _delivery: Delivery) -> None:
    """Have those tried again whom the activity could help; look again when its agreement begins, its sessions end.

    Before them come those who stand in line for it: what is free is theirs, and if it is over they hear of that.
    """
    activity_id, now = id_of(due), work.tx.now
    if line := work.seats.get(activity_id):
        for passed in seats.pass_on(line):
            tell_of_seat(work.tx, passed.to)
        for waiting in line.line if line.is_over else ():
            tell_of_seat(work.tx, waiting.referral_id)
    for referral_id in work.helped.get(activity_id, ()):
        work.tx.set_deadline(TRY_AGAIN, str(referral_id), now)
    activity = work.changed.get(activity_id)
    if activity and (day := agreement_begins(activity, work.on)):
        look_later(work.tx, activity_id, AGREEMENT_BEGINS, first_moment(day))
    if activity and (day := sessions_end(activity, work.on)):
        look_later(work.tx, activity_id, SESSIONS_END, first_moment(day))


def try_again(work: Work, due: Deadline, _delivery: Delivery) -> None:
    """Propose what fits by now, unless the participant chose meanwhile, such as to wait for a seat.

    If nothing fits, nothing is told: it was told before.
    """
    referral_id = id_of(due)
    needs = work.needs(referral_id)
    if needs is None:
        return
    referral, need = work.referral(referral_id), need_of_received(needs)
    found = work.catalogue.match(need, work.on)
    if found.proposals or referral.held:
        work.unmatched[referral_id] = None
    if found.proposals and not referral.held:
        answer = Answer(need, work.on, found)
        work.tx.announce(referral, matching_event(referral_id, answer, work.catalogue.listing))


def stop_trying(work: Work, due: Deadline, _delivery: Delivery) -> None:
    """Forget the needs: by now the referral is on its coach's list."""
    work.unmatched[id_of(due)] = None


def reserve_seat(work: Work, chosen: ActivityChosen, _delivery: Delivery) -> None:
    """Take a seat for the choice, or a place in line, and free what an older one holds."""
    referral = work.referral(chosen.referral_id)
    outcomes = seats.choose(referral, chosen.choice, chosen.activity_id, work.seats, wait=chosen.wait)
    announce(work, referral, outcomes)


def hear_of_seat(work: Work, due: Deadline, _delivery: Delivery) -> None:
    """Tell somebody who stood in line that a seat is theirs, or that there is none to wait for."""
    referral = work.referral(UUID(due.key))
    announce(work, referral, seats.hear_of_seat(referral, work.seats))


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
        seats.keep_seat(work.referral(closed.referral_id), work.seats)
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


def announce(work: Work, referral: Referral, outcomes: Iterable[Outcome | Passed]) -> None:
    """Announce what became of seats; whoever was passed one hears of it with their own events, in order."""
    for outcome in outcomes:
        if isinstance(outcome, Passed):
            tell_of_seat(work.tx, outcome.to)
        else:
            work.tx.announce(referral, seat_event(referral.referral_id, outcome, work.catalogue.listing))
