"""What the referral service does with each event. Never how one got here, nor how what follows gets out."""

from schemas.activities import NoActivityFound, SeatAwaited, SeatOffered, SeatRefused
from schemas.coordinator import (
    ContactNotified,
    ContactUnreachable,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    OfInvitation,
    VisitRecorded,
)
from schemas.needs import TRIED_FOR
from schemas.referral import REQUESTS_TOPIC, ReferralRejected, ReferralRequested, ReferralWithdrawalRequested
from schemas.strict import FieldError, Invalid
from services.referral.announcing import announce_again, tell, watch_choice, watch_consent
from services.referral.centre_topics import check_key, read_request, reject, status_topic
from services.referral.domain.referral import (
    BEFORE_A_NOTICE,
    BEFORE_A_VISIT,
    BEFORE_AN_ANSWER,
    UNDER_WAY,
    Referral,
    accept,
    attend,
    await_seat,
    end_choice,
    find_nothing,
    get_seat,
    hand_to_coach,
    invite,
    is_current,
    leave,
    propose,
    reconsider,
    withdraw,
)
from services.referral.heard import ActivitiesHeard
from services.referral.intake import OTHER_CONTENT, take
from services.referral.store.work import Work, load, referral_of, save
from services.runtime.handling import Deadline, Delivery, Handlers, Stalled
from services.working_days import local_day

handlers: Handlers[Work] = Handlers(load=load, save=save, decoders={REQUESTS_TOPIC: read_request}, refuse=reject)


@handlers.on(ReferralRequested)
def take_request(work: Work, event: ReferralRequested, delivery: Delivery) -> None:
    """Take a request that a health centre sent over Kafka."""
    check_key(event, delivery)
    if take(work, event, "centre") == "other":
        raise Invalid([FieldError("referral_id", OTHER_CONTENT)])


@handlers.on(ReferralWithdrawalRequested)
def withdraw_referral(work: Work, event: ReferralWithdrawalRequested, delivery: Delivery) -> None:
    """End a referral for its centre; of one that is not known, or not theirs, keep the wish in case it comes."""
    check_key(event, delivery)
    referral = work.referrals.get(event.referral_id)
    if referral is None or referral.health_centre != event.health_centre:
        work.add_early_withdrawal(event.health_centre, event.referral_id, event.reason)
        unknown = FieldError("referral_id", "is not known; it will be withdrawn if it comes")
        rejected = ReferralRejected(referral_id=event.referral_id, errors=(unknown,))
        work.tx.announce(None, rejected, topic=status_topic(event.health_centre))
    elif withdraw(referral, event.reason, work.tx.now):
        tell(work, referral, "centre", event.event_name, reason=event.reason)


@handlers.on(ActivitiesHeard)
def keep_proposals(work: Work, event: ActivitiesHeard, delivery: Delivery) -> None:
    """Show the proposals to the coach, or let the policy choose, unless a choice is under way."""
    referral = work.referrals.get(event.referral_id)
    activity_ids = [proposal.activity_id for proposal in event.proposals]
    if referral and propose(referral, activity_ids, work.tx.now):
        work.add_answer(event.referral_id, delivery.value or b"")
        tell(work, referral, _sender(delivery), event.event_name, choice=0)
        if referral.state == "proposed" and referral.waiting_on == "participant":
            watch_choice(work, referral)


@handlers.on(NoActivityFound)
def tell_that_nothing_fits(work: Work, event: NoActivityFound, delivery: Delivery) -> None:
    """Tell the centre that nothing fits."""
    referral = work.referrals.get(event.referral_id)
    if referral and find_nothing(referral, event.reason, work.tx.now):
        work.add_answer(event.referral_id, delivery.value or b"")
        tell(work, referral, _sender(delivery), event.event_name, reason=event.reason)
        work.tx.set_deadline("unmatched_long", f"{event.referral_id}/unmatched", work.tx.now + TRIED_FOR)


@handlers.on_deadline("unmatched_long")
def give_up_waiting(work: Work, due: Deadline, delivery: Delivery) -> None:  # noqa: ARG001 - as all handlers
    """Leave it to the coach: nothing fits, and nothing that fits is looked for any more."""
    referral = work.referrals.get(referral_of(due.key))
    if referral and hand_to_coach(referral, "unmatched", work.tx.now):
        tell(work, referral, "referral", due.kind.replace("_", "."), reason=referral.reason)


@handlers.on_deadline("choice_overdue")
def ask_for_choice(work: Work, due: Deadline, delivery: Delivery) -> None:  # noqa: ARG001 - as all handlers
    """Leave it to the coach: the participant has chosen nothing for ten working days."""
    referral = work.referrals.get(referral_of(due.key))
    if referral and hand_to_coach(referral, "proposed", work.tx.now):
        tell(work, referral, "referral", due.kind.replace("_", "."))


@handlers.on(SeatRefused)
def go_on_without_seat(work: Work, event: SeatRefused, delivery: Delivery) -> None:
    """Give what is wanted next its chance."""
    if referral := work.referrals.get(event.referral_id):
        moved = end_choice(referral, event.choice, event.reason, work.tx.now, *BEFORE_A_NOTICE)
        _write_down(work, referral, event, delivery, moved=moved, reason=event.reason)


@handlers.on(SeatAwaited)
def wait_for_seat(work: Work, event: SeatAwaited, delivery: Delivery) -> None:
    """Wait until a seat is freed."""
    if referral := work.referrals.get(event.referral_id):
        moved = await_seat(referral, event.choice, work.tx.now)
        _write_down(work, referral, event, delivery, moved=moved)


@handlers.on(SeatOffered)
def go_on_with_seat(work: Work, event: SeatOffered, delivery: Delivery) -> None:
    """Wait no more: a freed seat is kept, and the contact function will be told."""
    if referral := work.referrals.get(event.referral_id):
        moved = get_seat(referral, event.choice, work.tx.now)
        _write_down(work, referral, event, delivery, moved=moved)


@handlers.on(ContactNotified)
def await_answer(work: Work, event: ContactNotified, delivery: Delivery) -> None:
    """Wait for the contact function, which was told that somebody would like to come, or handed that over."""
    if referral := work.referrals.get(event.referral_id):
        moved = invite(referral, event.choice, work.tx.now) or event.handed_over
        _write_down(work, referral, event, delivery, moved=moved, reason="handed_over" if event.handed_over else None)


@handlers.on(ContactUnreachable)
def note_unreachable_contact(work: Work, event: ContactUnreachable, delivery: Delivery) -> None:
    """Write down that the notice did not arrive; the expiry that follows moves the referral."""
    if referral := work.referrals.get(event.referral_id):
        _write_down(work, referral, event, delivery, moved=True, reason=event.reason)


@handlers.on(InvitationAccepted)
def record_acceptance(work: Work, event: InvitationAccepted, delivery: Delivery) -> None:
    """Tell the centre that the participant is welcome; after a withdrawal it only stands in the history."""
    if referral := work.referrals.get(event.referral_id):
        moved = accept(referral, event.choice, work.tx.now)
        _write_down(work, referral, event, delivery, moved=moved)


@handlers.on(InvitationDeclined)
def go_on_after_decline(work: Work, event: InvitationDeclined, delivery: Delivery) -> None:
    """Give what is wanted next its chance."""
    if referral := work.referrals.get(event.referral_id):
        moved = end_choice(referral, event.choice, event.reason, work.tx.now, *BEFORE_A_VISIT)
        _write_down(work, referral, event, delivery, moved=moved, reason=event.reason)


@handlers.on(InvitationExpired)
def go_on_after_silence(work: Work, event: InvitationExpired, delivery: Delivery) -> None:
    """Give what is wanted next its chance: silence is not a refusal, but it is no answer either."""
    if referral := work.referrals.get(event.referral_id):
        moved = end_choice(referral, event.choice, event.reason, work.tx.now, *BEFORE_AN_ANSWER)
        _write_down(work, referral, event, delivery, moved=moved, reason=event.reason)


@handlers.on(VisitRecorded)
def record_visit(work: Work, event: VisitRecorded, delivery: Delivery) -> None:
    """Write the visit down; the first one attended shows that the participant takes part."""
    if referral := work.referrals.get(event.referral_id):
        if event.visit == "attended":
            attend(referral, event.choice, work.tx.now)
        elif event.stopped:
            leave(referral, event.choice, work.tx.now)
        _write_down(work, referral, event, delivery, moved=True, reason="stopped" if event.stopped else event.visit)


@handlers.on_deadline("consent_starts")
@handlers.on_deadline("consent_ends")
def follow_consent(work: Work, due: Deadline, delivery: Delivery) -> None:  # noqa: ARG001 - as all handlers
    """Let the referral begin, or end, with the consent; nothing happens if it was renewed meanwhile."""
    if referral := work.referrals.get(referral_of(due.key)):
        reconsider(referral, local_day(work.tx.now, referral.municipality), work.tx.now)
        if referral.status != work.told[referral.referral_id]:
            watch_consent(work, referral)
            # One that began may have ended too, before we came to look.
            what = "consent.ends" if referral.has_ended else due.kind.replace("_", ".")
            tell(work, referral, "referral", what, reason=referral.reason)


@handlers.on_stalled("received")
@handlers.on_stalled("chosen")
def drive_again(work: Work, stalled: Stalled, delivery: Delivery) -> None:  # noqa: ARG001 - as all handlers
    """Announce again what nobody seems to have heard."""
    if referral := work.referrals.get(referral_of(stalled.key)):
        announce_again(work, referral)


def _write_down(
    work: Work,
    referral: Referral,
    event: OfInvitation | SeatRefused | SeatAwaited | SeatOffered,
    delivery: Delivery,
    *,
    moved: bool,
    reason: str | None = None,
) -> None:
    """Tell what moved; of what came too late, keep it in the history; of what is known already, nothing."""
    if moved or not is_current(referral, event.choice, *UNDER_WAY):
        sender, what = _sender(delivery), event.event_name
        tell(work, referral, sender, what, choice=event.choice, activity_id=event.activity_id, reason=reason)


def _sender(delivery: Delivery) -> str:
    """Return the service that sent the event."""
    return delivery.source.strip("/")
