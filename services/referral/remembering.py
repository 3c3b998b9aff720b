"""What the referral service did before its database went back to an earlier time, taken up again from Kafka.

Others acted on it, so it counts. Who was referred over HTTP only stood in the database: those whom nobody can know any
more are ended everywhere, so that no seat waits for them, and their centres are told to refer anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, get_args
from uuid import UUID

from schemas.activities import NoActivityFound
from schemas.referral import (
    STATUS_TOPIC,
    ActivityChosen,
    ReferralClosed,
    ReferralErased,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
    ReferralStatusChanged,
    ReferralWithdrawalRequested,
    ReferralWithdrawn,
)
from schemas.strict import FieldError
from schemas.vocabulary import WithdrawalReason
from services.referral.announcing import ERASED, stop_watching
from services.referral.centre_topics import status_topic
from services.referral.domain.referral import ENDED, Referral, choose_again, close, withdraw
from services.referral.handlers import handlers, keep_proposals, tell_that_nothing_fits
from services.referral.heard import ActivitiesHeard
from services.referral.store.people import Whose, erase, never_again
from services.referral.store.work import Work, load, load_beforehand, load_requests, save
from services.runtime.handling import Delivery, Handler, Handlers
from services.runtime.remembering import Step
from services.runtime.transaction import Transaction

LOST: Final = FieldError("referral_id", "was lost with a database; refer anew, with another id")
REASONS: Final[Mapping[str | None, WithdrawalReason]] = {reason: reason for reason in get_args(WithdrawalReason)}
WITHDRAWN: Final = ReferralWithdrawalRequested.event_name


@dataclass(slots=True)
class Remembering:
    """What is taken up again, and what of it nobody knows any more."""

    lost: dict[UUID, str] = field(default_factory=dict)
    """The referrals that are lost, each with its centre and the state in which it was."""
    erased: set[UUID] = field(default_factory=set)
    announced: set[UUID] = field(default_factory=set)
    """Of which other services have heard. Of all others, such as a control arm, they must not."""
    _gone: dict[UUID, str] = field(default_factory=dict)
    """The erased that are not there, each with its centre."""

    def steps(self) -> Sequence[Step]:
        """Return what is taken up, in this order: each step stands on those before it."""
        proposed: Handlers[Work] = Handlers(load=load, save=save)
        proposed.on(ActivitiesHeard)(_if_new(keep_proposals))
        proposed.on(NoActivityFound)(_if_new(tell_that_nothing_fits))
        received: Handlers[Work] = Handlers(load=load, save=save)
        received.on(ReferralReceived)(self.note)
        chosen: Handlers[Work] = Handlers(load=load, save=save)
        chosen.on(ActivityChosen)(take_choice)
        erased: Handlers[Work] = Handlers(load=_load_whole, save=self._save)
        erased.on(ReferralErased)(self.forget)
        ended: Handlers[Work] = Handlers(load=_load_with_the_unknown, save=self._save)
        ended.on(ReferralStatusChanged)(self.end)
        return (
            Step(handlers, (ReferralRequested,)),
            Step(proposed, (ActivitiesHeard, NoActivityFound)),
            Step(received, (ReferralReceived,)),
            Step(chosen, (ActivityChosen,)),
            Step(erased, (ReferralErased,)),
            Step(ended, (ReferralStatusChanged,), only_last=True),
        )

    def unknown(self) -> Sequence[str]:
        """Return, a line each, the referrals that nobody can know any more."""
        return [f"{referral_id} {said}" for referral_id, said in sorted(self.lost.items())]

    def note(self, work: Work, event: ReferralReceived, _: Delivery) -> None:  # noqa: ARG002 - as all handlers
        """Remember that others have heard of the referral."""
        self.announced.add(event.referral_id)

    def forget(self, work: Work, event: ReferralErased | ReferralStatusChanged, _: Delivery) -> None:
        """Forget again who had been erased."""
        self.erased.add(event.referral_id)
        if referral := work.referrals.get(event.referral_id):
            stop_watching(work, referral)

    async def _save(self, work: Work) -> None:
        await save(work)
        for referral_id in self.erased & work.requests.keys():
            content = work.requests[referral_id].content
            await erase(work.tx, referral_id, Whose(content.health_centre, content.participant.pseudonym))
        for referral_id, centre in self._gone.items():
            await never_again(work.tx, referral_id, centre)
        self._gone.clear()

    def end(self, work: Work, event: ReferralStatusChanged, delivery: Delivery) -> None:
        """End what had ended; what is not there at all is lost, but for what was erased."""
        referral = work.referrals.get(event.referral_id)
        if event.reason == ERASED:
            self.forget(work, event, delivery)
        elif referral and event.state == "withdrawn" and withdraw(referral, REASONS[event.reason], work.tx.now):
            _write_down(work, referral, WITHDRAWN, reason=event.reason)
        elif referral and event.outcome and close(referral, event.outcome, work.tx.now) == "closed":
            _write_down(work, referral, ReferralClosed.event_name, reason=event.outcome)
        if referral is None:
            self._miss(work, event, _centre_of(delivery.topic))

    def _miss(self, work: Work, event: ReferralStatusChanged, centre: str) -> None:
        """Have what is not there never begin again; what was given up before this was cut off is not told again."""
        known = work.early.get((centre, event.referral_id))
        if event.referral_id in self.erased:
            self._gone[event.referral_id] = centre
        elif known != ERASED:
            self.lost[event.referral_id] = f"of {centre}, was {event.state}"
            if known is None:
                self._give_up(work, event, centre)

    def _give_up(self, work: Work, event: ReferralStatusChanged, centre: str) -> None:
        """Have nobody wait for a lost referral; its id cannot be taken again, for the others have ended it."""
        work.add_early_withdrawal(centre, event.referral_id, "coach")
        if event.state in ENDED:
            return
        if event.referral_id in self.announced:
            given_up = ReferralWithdrawn(referral_id=event.referral_id, choice=event.choice or 0, reason="coach")
            work.tx.announce(None, given_up)
        lost = ReferralRejected(referral_id=event.referral_id, errors=(LOST,))
        work.tx.announce(None, lost, topic=status_topic(centre))


def take_choice(work: Work, event: ActivityChosen, _: Delivery) -> None:
    """Have the choice that was announced; others have heard of it."""
    referral = work.referrals.get(event.referral_id)
    if referral and choose_again(referral, event.choice, event.activity_id, work.tx.now, wait=event.wait):
        _write_down(work, referral, event.event_name)


def _if_new(handler: Handler[Work]) -> Handler[Work]:
    """Return the handler for referrals that have heard nothing yet: of all others it is known, or comes again."""

    def handle(work: Work, event: ActivitiesHeard | NoActivityFound, delivery: Delivery) -> None:
        referral = work.referrals.get(event.referral_id)
        if referral and referral.state == "received":
            handler(work, event, delivery)

    return handle


async def _load_whole(tx: Transaction, deliveries: Sequence[Delivery]) -> Work:
    work = await load(tx, deliveries)
    await load_requests(work, work.referrals)
    return work


async def _load_with_the_unknown(tx: Transaction, deliveries: Sequence[Delivery]) -> Work:
    work = await load(tx, deliveries)
    await load_beforehand(work, {each.event.referral_id: _centre_of(each.topic) for each in deliveries})
    erased = {each.event.referral_id for each in deliveries if each.event.reason == ERASED}
    await load_requests(work, erased & work.referrals.keys())
    return work


def _centre_of(topic: str) -> str:
    return topic.removeprefix(f"{STATUS_TOPIC}-").replace("-", ":", 1)


def _write_down(work: Work, referral: Referral, what: str, *, reason: str | None = None) -> None:
    """Keep it in the history, and announce nothing: all who are to hear of it have."""
    choice, activity_id = referral.choice, referral.activity_id
    work.add_history(referral, "referral", what, choice=choice, activity_id=activity_id, reason=reason)
