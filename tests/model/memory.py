"""The three services in memory: their own handlers, calls and domain, over works that stay. Never a rule.

What is not here is what PostgreSQL and Kafka do: events of a topic and key keep their order, everything else may be
handled in any order and late.
"""

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from uuid import UUID

import pytest

from schemas.activities import ActivityPublished
from schemas.referral import Choice, Closing, Consent, ReferralReceived, ReferralRequested, Withdrawal
from schemas.strict import Invalid
from schemas.vocabulary import Outcome, Visit
from services.activities.domain.keeping import with_status
from services.activities.domain.seats import Seats, pass_on
from services.activities.handlers import make_handlers
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.referrals import Referrals
from services.activities.store.referrals import Work as ActivitiesWork
from services.activities.store.seats import tell_of_seat
from services.activities.store.waiting import ACTIVITY_CHANGED, look_who_waits
from services.activities.wire import activity_of, need_of_received
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.notice import Unreachable
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.facts import visits_of
from services.coordinator.handlers import handlers as coordinator_handlers
from services.coordinator.pages.answers import Answer, _decide
from services.coordinator.pages.handing_over import _hand_over
from services.coordinator.recording import _give_up
from services.coordinator.store.work import EXPIRY
from services.coordinator.store.work import Work as CoordinatorWork
from services.referral import calls
from services.referral.handlers import handlers as referral_handlers
from services.referral.heard import MatchingAnswer
from services.referral.store.work import Work as ReferralWork
from services.referral.tables import history, proposal
from services.runtime.errors import Conflict, NotFound
from services.runtime.handling import INTERNAL, Deadline, Delivery, Handlers, Stalled
from services.runtime.identity import Caller
from services.runtime.transaction import Transaction
from services.working_days import local_day
from tests.support.builders import Json, an_activity
from tests.support.service_testing import NOON

CENTRE = "her:1001"
COACH = Caller("a coach", "coach", centre=CENTRE)
TIME_TO_ANSWER = timedelta(days=7)


class Sent(NamedTuple):
    """An event as it travels."""

    topic: str
    key: str
    type: str
    value: bytes
    sequence: str | None
    source: str


@dataclass
class Node:
    """A service: its handlers, its work, what it still has to hear, and its deadlines."""

    name: str
    handlers: Handlers[Any]
    work: Any
    coming: dict[tuple[str, str], deque[Sent]] = field(default_factory=lambda: defaultdict(deque))
    heard: list[Sent] = field(default_factory=list)
    deadlines: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def reads(self, sent: Sent) -> bool:
        """Tell whether it has a handler for the event."""
        return sent.type in self.handlers.by_event


class Machine:
    """All three, and the time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        self.published: dict[UUID, ActivityPublished] = {}
        self.walk_ins: dict[UUID, int] = defaultdict(int)
        self.answers: dict[UUID, MatchingAnswer] = defaultdict(MatchingAnswer)
        self.histories: dict[UUID, list[Any]] = defaultdict(list)
        self.told: dict[UUID, list[Json]] = defaultdict(list)
        """What the centre hears on its own topic."""
        self.happened: Callable[[str, Any], None] = lambda *_: None
        """Called with the service and the event, before it is handled."""
        self.catalogue = LiveCatalogue()
        self.referral = Node("referral", referral_handlers, ReferralWork(self._begin()))
        activities = make_handlers(Referrals(self.catalogue))
        self.activities = Node("activities", activities, ActivitiesWork(self._begin(), self.now.date(), self.catalogue))
        self.coordinator = Node("coordinator", coordinator_handlers, CoordinatorWork(self._begin()))
        self.nodes = (self.referral, self.activities, self.coordinator)
        for name in ("load_referrals", "load_requests", "save", "choosable_ids"):
            patch.setattr(calls, name, getattr(self, f"_{name}"))
        patch.setattr(calls.people, "erase", self._erase)

    # What the services do

    def deliver(self, node: Node, topic: str, key: str) -> None:
        """Have the service handle the next event of the topic and key."""
        sent = node.coming[topic, key].popleft()
        if not node.coming[topic, key]:
            del node.coming[topic, key]
        node.heard.append(sent)
        self.handle(node, sent)

    def handle(self, node: Node, sent: Sent) -> None:
        """Have the service handle an event."""
        headers = {"ce_source": f"/{sent.source}", "ce_sequence": sent.sequence or ""}
        self._handle(node, node.handlers.decode(headers, sent.topic, sent.type, sent.key, sent.value))

    def fire(self, node: Node, kind: str, key: str) -> None:
        """Have a deadline fire that is due."""
        del node.deadlines[kind, key]
        self._handle(node, Delivery(Deadline(kind, key), "", key, f"{INTERNAL}deadline.{kind}"))

    def due(self) -> list[tuple[Node, str, str]]:
        """Return the deadlines that are due."""
        return [
            (node, kind, key)
            for node in self.nodes
            for (kind, key), due_at in node.deadlines.items()
            if due_at <= self.now
        ]

    def coming(self) -> list[tuple[Node, str, str]]:
        """Return what can be handled next, in any order."""
        return [(node, topic, key) for node in self.nodes for topic, key in node.coming]

    def sweep(self, referral_id: UUID, state: str) -> None:
        """Have the referral service announce again what seems to stand still."""
        stalled = Stalled(state, str(referral_id))
        self._handle(self.referral, Delivery(stalled, "", str(referral_id), f"{INTERNAL}stalled.{state}"))

    def _handle(self, node: Node, delivery: Delivery) -> None:
        self.happened(node.name, delivery.event)
        node.work.tx = self._begin()
        if isinstance(delivery.event, ReferralReceived):
            answer = self.catalogue.answer(need_of_received(delivery.event), node.work.on)
            node.work.answers = {delivery.event.referral_id: answer}
        if isinstance(delivery.event, Deadline) and delivery.event.kind == ACTIVITY_CHANGED:
            activity_id = UUID(delivery.key.partition("/")[0])
            node.work.changed = {activity_id: self.published[activity_id]}
            node.work.helped = {activity_id: tuple(node.work.waiting)}
        node.handlers.handle(node.work, delivery)
        self._commit(node)

    def _begin(self) -> Transaction:
        return Transaction(cast("Any", None), self.now, 1)

    def _commit(self, node: Node) -> None:
        work, tx = node.work, node.work.tx
        if node is self.activities:
            self._save_activities(work)
        if node is self.referral:
            for row in work.new.pop(proposal, ()):
                self.answers[row["referral_id"]] = MatchingAnswer.model_validate_json(row["answer"])
            for row in work.new.pop(history, ()):
                self.histories[row["referral_id"]].append(SimpleNamespace(**row))
        for (kind, key), due_at in tx.deadlines.items():
            node.deadlines.pop((kind, key), None)
            if due_at is not None:
                node.deadlines[kind, key] = due_at
        for row in tx.events:
            self._send(Sent(row.topic, row.key, row.type, row.value, row.sequence, node.name))

    def _send(self, sent: Sent) -> None:
        if sent.topic.startswith("referral-status"):
            self.told[UUID(sent.key)].append(json.loads(sent.value))
        for node in self.nodes:
            if node.reads(sent):
                node.coming[sent.topic, sent.key].append(sent)

    def _save_activities(self, work: ActivitiesWork) -> None:
        for activity_id, seats in work.seats.items():
            if seats.is_freed:
                look_who_waits(work.tx, activity_id)
            seats.taken, seats.change, seats.has_moved = seats.taken + seats.change, 0, False
            self.catalogue._matching.seat(str(activity_id), seats.maximum, seats.taken)
        for referral_id, needs in work.unmatched.items():
            work.waiting.pop(referral_id, None)
            if needs is not None:
                work.waiting[referral_id] = needs
        work.unmatched, work.changed, work.helped = {}, {}, {}

    # What a health centre and its coach do: `services.referral.calls`, over the work in memory

    def request(self, body: Json) -> None:
        """Have a centre refer somebody."""
        request = ReferralRequested.model_validate_json(json.dumps(body))
        self._handle(self.referral, Delivery(request, "", request.key, request.type()))

    def call(self, call: Callable[..., Coroutine[Any, Any, Any]], referral_id: UUID, *said: object) -> bool:
        """Make a call of `services.referral.calls`; return whether it was allowed."""
        work = self.referral.work
        referral, told = deepcopy(work.referrals.get(referral_id)), dict(work.told)
        try:
            call(self, COACH, referral_id, *said).send(None)  # it waits for nothing, since all is in memory
        except StopIteration:
            return True
        except (Conflict, Invalid, NotFound):
            work.told, work.new = told, {}
            if referral:
                work.referrals[referral_id] = referral
            return False
        raise AssertionError("a call waited")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Stand for the service's own."""
        self.referral.work.tx = self._begin()
        yield self.referral.work.tx
        self._commit(self.referral)

    def choose(self, referral_id: UUID, wanted: Sequence[UUID], *, wait: bool) -> bool:
        """Have the coach record a choice."""
        choice = Choice(activity_id=wanted[0], then=tuple(wanted[1:]), wait=wait)
        return self.call(calls.record_choice, referral_id, choice)

    def withdraw(self, referral_id: UUID) -> bool:
        """Have the participant withdraw."""
        return self.call(calls.record_withdrawal, referral_id, Withdrawal(reason="participant"))

    def close(self, referral_id: UUID, outcome: Outcome) -> bool:
        """Have the coach record an outcome."""
        return self.call(calls.record_outcome, referral_id, Closing(outcome=outcome))

    def withdraw_consent(self, referral_id: UUID) -> bool:
        """Have the participant withdraw the consent."""
        return self.call(calls.withdraw_consent, referral_id)

    def give_consent(self, referral_id: UUID, consent: Consent) -> bool:
        """Have the participant give or renew the consent."""
        return self.call(calls.give_consent, referral_id, consent)

    def erase(self, referral_id: UUID) -> bool:
        """Have the centre erase the referral."""
        return self.call(calls.erase, referral_id)

    async def _load_referrals(self, tx: Transaction, _: Iterable[UUID]) -> ReferralWork:
        self.referral.work.tx = tx
        return cast("ReferralWork", self.referral.work)

    async def _load_requests(self, *_: object) -> None:
        """Leave the requests where they are."""

    async def _save(self, _: ReferralWork) -> None:
        """Leave the work where it is."""

    async def _choosable_ids(self, _: object, referral_id: UUID) -> tuple[set[UUID], set[UUID]]:
        answer = self.answers[referral_id]
        proposed = {each.activity_id for each in answer.proposals}
        return proposed, set(answer.waitable) - proposed

    async def _erase(self, _: Transaction, referral_id: UUID, whose: calls.Whose) -> None:
        work = self.referral.work
        del work.referrals[referral_id], work.requests[referral_id], work.told[referral_id]
        work.early[whose.health_centre, referral_id] = "erased"

    # What happens to activities

    def state(self, activity_id: UUID, *, maximum: int, status: str = "published") -> None:
        """Have a coordinator state an activity, known or new."""
        work = self.activities.work
        known = work.seats.get(activity_id)
        today, seats_of = self.now.date().isoformat(), {"maximum": maximum, "taken": 0}
        document = an_activity(activity_id=str(activity_id), seats=seats_of, verified_on=today)
        published = with_status(ActivityPublished.model_validate_json(json.dumps(document)), cast("Any", status))
        self.published[activity_id] = published
        self.catalogue._documents[str(activity_id)] = published.model_dump_json(by_alias=True).encode()
        self.catalogue._matching.put(activity_of(published))
        seats = known or work.seats.setdefault(activity_id, Seats(maximum, 0))
        seats.maximum, seats.is_open, seats.is_over = maximum, status == "published", status == "ended"
        work.tx = self._begin()
        if status != "paused":
            look_who_waits(work.tx, activity_id)
        self._commit(self.activities)

    def count_walk_ins(self, activity_id: UUID, walk_ins: int) -> None:
        """Have whoever welcomes them count who came without a referral."""
        work = self.activities.work
        work.tx, seats = self._begin(), work.seats[activity_id]
        seats.taken += walk_ins - self.walk_ins[activity_id]
        self.walk_ins[activity_id] = walk_ins
        for passed in pass_on(seats):
            tell_of_seat(work.tx, passed.to)
        self._commit(self.activities)

    # What becomes of notices and answers

    def invitations(self) -> list[Invitation]:
        """Return all that were ever made."""
        return [each for choices in self.coordinator.work.invitations.values() for each in choices.values()]

    def consent_stands(self, referral_id: UUID) -> bool:
        """Return what the referral service answers when it is asked before a notice is sent."""
        referral = self.referral.work.referrals.get(referral_id)
        return bool(
            referral
            and referral.announced
            and not referral.has_ended
            and referral.consent_in_force(local_day(self.now, referral.municipality))
        )

    def notify(self, invitation: Invitation) -> None:
        """Have the notice be sent, where it is due and consent stands."""
        with self._coordinating() as work:
            answer_by = self.now + TIME_TO_ANSWER
            if self.consent_stands(invitation.referral_id) and invitation.notify(None, answer_by, self.now):
                self.coordinator.deadlines[EXPIRY, str(invitation.referral_id)] = answer_by
                work.tell(invitation)

    def give_up(self, invitation: Invitation) -> None:
        """Have the notice reach nobody."""
        due = SimpleNamespace(referral_id=invitation.referral_id, choice=invitation.choice, notice="invitation")
        with self._coordinating() as work:
            _give_up(work, cast("Any", due), Unreachable("mail_refused", None))

    def answer(self, invitation: Invitation, *, accept: bool) -> None:
        """Have whoever was asked answer."""
        given = Answer(answer="accept") if accept else Answer(answer="decline", reason="not_suitable")
        with self._coordinating() as work:
            _decide(work, invitation, given, self.now + TIME_TO_ANSWER)

    def hand_over(self, invitation: Invitation) -> bool:
        """Have whoever was asked hand over to the deputy; return whether it was not too late for that."""
        with self._coordinating() as work:
            happened = _hand_over(work, invitation, 1, AnswerTime(5), None)
            if invitation.state == "notified":
                self.coordinator.deadlines[EXPIRY, str(invitation.referral_id)] = cast("datetime", invitation.answer_by)
        return happened

    def visit(self, invitation: Invitation, visit: Visit) -> None:
        """Have whoever welcomed them record a visit."""
        with self._coordinating() as work:
            if invitation.record_visit(visit, self.now.date()):
                work.announce(visits_of(invitation)[-1])

    def tell_again(self, invitation: Invitation) -> None:
        """Have the coordinator service announce its present state again."""
        with self._coordinating() as work:
            if invitation.state in ("notified", "accepted"):
                work.tell(invitation)

    def _coordinating(self) -> "_Coordinating":
        return _Coordinating(self)


class _Coordinating:
    """A transaction of the coordinator service."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def __enter__(self) -> CoordinatorWork:
        self.machine.coordinator.work.tx = self.machine._begin()
        return cast("CoordinatorWork", self.machine.coordinator.work)

    def __exit__(self, *_: object) -> None:
        self.machine._commit(self.machine.coordinator)
