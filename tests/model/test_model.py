"""Random commands, and events that are late, repeated and in any order, beside a small model of the domain."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from schemas.activities import NoActivityFound, SeatAwaited, SeatOffered, SeatRefused, SeatReleased, SeatReserved
from schemas.coordinator import (
    ContactNotified,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    VisitRecorded,
)
from schemas.referral import (
    ActivityChosen,
    Consent,
    ReferralClosed,
    ReferralErased,
    ReferralRequested,
    ReferralWithdrawn,
)
from schemas.vocabulary import Outcome
from services.coordinator.domain.invitation import OPEN as OPEN_INVITATION
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.working_days import AnswerTime
from services.demo.histories import unexplained
from services.referral.domain.referral import ENDED, UNDER_WAY
from services.referral.heard import ActivitiesHeard
from services.runtime.handling import Deadline
from tests.model import domain
from tests.model.memory import CENTRE, TIME_TO_ANSWER, Machine
from tests.support.builders import a_consent, a_referral, number

T = TypeVar("T")
ACTIVITIES: Final = tuple(UUID(number(n)) for n in (1, 2))
MOST_REFERRALS: Final = 8
OUTCOMES: Final[tuple[Outcome, ...]] = ("taking_part", "tried_and_left", "did_not_want", "entered_in_error")
CONSENTS: Final = ((0, 400), (0, 400), (0, 400), (0, 400), (0, 3), (2, 400), None)
STATUSES: Final = (*["published"] * 6, "paused", "ended")
WAITING, ACCEPTING = 0.5, 0.7
DOES: Final = {
    "hear": 14,
    "hear_of_one_referral": 14,
    "hear_again": 4,
    "announce_again": 2,
    "become_due": 6,
    "pass_time": 2,
    "refer": 6,
    "choose": 10,
    "withdraw": 1,
    "close": 2,
    "erase": 1,
    "withdraw_consent": 1,
    "give_consent": 1,
    "notify": 6,
    "reach_nobody": 1,
    "answer": 8,
    "hand_over": 2,
    "visit": 4,
    "change_activity": 3,
    "count_walk_ins": 2,
    "settle": 2,
}
"""What may happen, and how often for each other."""
STATE_OF: Final = {
    "": {"waitlisted"},
    "reserved": {"chosen"},
    "notified": {"invited"},
    "accepted": {"accepted", "attending"},
}
"""What a referral is, when all is heard, while its invitation is open."""
steps = 0


def any_of(them: Iterable[T], random: Random) -> T | None:
    """Return any of those that there are."""
    known = list(them)
    return random.choice(known) if known else None


class Domain(RuleBasedStateMachine):
    """The services and the model side by side; every step compares them."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.machine = Machine(self.patch)
        self.machine.happened = self.model_hears
        self.referrals: dict[UUID, domain.Referral] = {}
        self.consents: dict[UUID, tuple[date, date] | None] = {}
        self.activities, self.invitations = domain.Activities(), domain.Invitations()
        self.answer_by: dict[tuple[UUID, int], Any] = {}
        self.number = 0

    @initialize(maximums=st.tuples(*[st.integers(1, 2)] * len(ACTIVITIES)))
    def begin(self, maximums: tuple[int, ...]) -> None:
        for activity_id, maximum in zip(ACTIVITIES, maximums, strict=True):
            self.state_activity(activity_id, maximum, "published")

    def teardown(self) -> None:
        self.settle()
        self.patch.undo()

    # What the model hears, as the owner does

    def model_hears(self, service: str, event: Any) -> None:  # noqa: ANN401 - any event
        note(f"    {service} hears {event!r}")
        getattr(self, f"{service}_hears")(event)

    def referral_hears(self, event: Any) -> None:  # noqa: ANN401 - any event
        match event:
            case ReferralRequested() if event.referral_id not in self.consents:
                given = event.consent and (event.consent.given_on, event.consent.expires_on)
                self.consents[event.referral_id] = given
                self.referrals[event.referral_id] = domain.Referral(
                    event.policy,
                    waits_for_consent=not self.consented(event.referral_id),
                    rests=event.study_arm == "control",
                )
            case Deadline(kind="consent_starts" | "consent_ends", key=key):
                self.consider_consent(UUID(key.partition("/")[0]))
            case Deadline() | ReferralRequested():
                pass
            case _ if (known := self.referrals.get(getattr(event, "referral_id", None))) is None:
                pass
            case ActivitiesHeard():
                known.is_proposed([UUID(each.activity_id) for each in event.proposals])
            case NoActivityFound():
                known.happens(event.event_name)
            case VisitRecorded() if event.visit != "attended":
                pass
            case (
                SeatRefused()
                | SeatAwaited()
                | SeatOffered()
                | ContactNotified()
                | InvitationAccepted()
                | InvitationDeclined()
                | InvitationExpired()
                | VisitRecorded()
            ):
                known.happens(event.event_name, event.choice)

    def activities_hears(self, event: Any) -> None:  # noqa: ANN401 - any event
        match event:
            case ActivityChosen():
                self.activities.chooses(event.referral_id, event.choice, event.activity_id, wait=event.wait)
            case InvitationDeclined() | InvitationExpired():
                self.activities.ends(event.referral_id, event.choice)
            case ReferralWithdrawn() | ReferralErased():
                self.activities.referral_ends(event.referral_id, takes_part=False)
            case ReferralClosed():
                self.activities.referral_ends(event.referral_id, takes_part=event.outcome == "taking_part")
            case Deadline(kind="seat_news", key=key):
                self.activities.hears_of_seat(UUID(key))
            case Deadline(kind="activity_changed", key=key):
                self.activities.seats[UUID(key.partition("/")[0])].pass_on()

    def coordinator_hears(self, event: Any) -> None:  # noqa: ANN401 - any event
        match event:
            case SeatReserved():
                self.invitations.is_reserved(event.referral_id, event.choice)
            case SeatReleased():
                self.invitations.ends(event.referral_id, event.choice)
            case ReferralWithdrawn() | ReferralErased():
                self.invitations.referral_ends(event.referral_id, takes_part=False)
            case ReferralClosed():
                self.invitations.referral_ends(event.referral_id, takes_part=event.outcome == "taking_part")
            case Deadline(key=key):
                for (referral_id, choice), answer_by in self.answer_by.items():
                    state = self.invitations.state[referral_id, choice]
                    if referral_id == UUID(key) and state == "notified" and answer_by <= self.machine.now:
                        self.invitations.happens("expiry", referral_id, choice)

    def consented(self, referral_id: UUID) -> bool:
        given = self.consents[referral_id]
        return given is not None and given[0] <= self.machine.now.date() <= given[1]

    def consider_consent(self, referral_id: UUID) -> None:
        known = self.referrals.get(referral_id)
        if known and known.state in domain.OPEN:
            if not known.is_announced:
                known.waits_for_consent = not self.consented(referral_id)
            elif known.state != "attending" and not self.consented(referral_id):
                known.happens("withdrawal")

    # What may happen

    @rule(seed=st.integers(0, 2**32))
    def act(self, seed: int) -> None:
        """Have something happen; of itself, Hypothesis would draw the same again and again, and seldom get far."""
        random = Random(seed)  # noqa: S311 - no secret
        does = random.choices(list(DOES), weights=list(DOES.values()))[0]
        note(does)
        getattr(self, does)(random)

    # What a centre and its coach do

    def refer(self, random: Random) -> None:
        if self.number < MOST_REFERRALS:
            self.number += 1
            lasts = random.choice(CONSENTS)
            changes = {
                "policy": random.choice(("coach_chooses", "best_match")),
                "study_arm": random.choice((None, None, None, None, "control")),
                "consent": lasts and self.consent(*lasts),
            }
            self.machine.request(a_referral(1000 + self.number, health_centre=CENTRE, **changes))

    def consent(self, first: int, last: int) -> dict[str, Any]:
        first_on, last_on = (self.machine.now.date() + timedelta(days=days) for days in (first, last))
        return a_consent(first_on.isoformat(), last_on.isoformat())

    def choose(self, random: Random) -> None:
        choosing = [one for one, known in self.referrals.items() if known.state in ("proposed", "unmatched")]
        if referral_id := any_of(choosing or list(self.consents), random):
            answer = self.machine.answers[referral_id]
            known = [*(each.activity_id for each in answer.proposals), *answer.waitable] or ACTIVITIES
            wanted = random.sample(known, random.randint(1, len(known)))
            if self.machine.choose(referral_id, wanted, wait=random.random() < WAITING):
                self.referrals[referral_id].is_chosen(wanted)

    def withdraw(self, random: Random) -> None:
        if (referral_id := any_of(self.consents, random)) and self.machine.withdraw(referral_id):
            self.referrals[referral_id].happens("withdrawal")

    def close(self, random: Random) -> None:
        outcome = random.choice(OUTCOMES)
        if (referral_id := any_of(self.consents, random)) and self.machine.close(referral_id, outcome):
            self.referrals[referral_id].happens("error" if outcome == "entered_in_error" else "outcome")

    def erase(self, random: Random) -> None:
        if referral_id := any_of(self.consents, random):
            assert self.machine.erase(referral_id) == (self.referrals.pop(referral_id, None) is not None)

    def withdraw_consent(self, random: Random) -> None:
        referral_id = any_of(self.consents, random)
        if referral_id and self.machine.withdraw_consent(referral_id) and self.consents[referral_id] is not None:
            self.consents[referral_id] = None
            self.consider_consent(referral_id)

    def give_consent(self, random: Random) -> None:
        given = Consent.model_validate_json(json.dumps(self.consent(0, random.choice((2, 400)))))
        if (referral_id := any_of(self.consents, random)) and self.machine.give_consent(referral_id, given):
            self.consents[referral_id] = given.given_on, given.expires_on
            self.consider_consent(referral_id)

    # What happens to activities

    def change_activity(self, random: Random) -> None:
        self.state_activity(random.choice(ACTIVITIES), random.randint(1, 2), random.choice(STATUSES))

    def state_activity(self, activity_id: UUID, maximum: int, status: Any) -> None:  # noqa: ANN401 - a literal
        self.machine.state(activity_id, maximum=maximum, status=status)
        seats = self.activities.seats.setdefault(activity_id, domain.Seats(maximum))
        seats.maximum, seats.status = maximum, status

    def count_walk_ins(self, random: Random) -> None:
        activity_id, walk_ins = random.choice(ACTIVITIES), random.randint(0, 2)
        self.machine.count_walk_ins(activity_id, walk_ins)
        self.activities.seats[activity_id].walk_ins = walk_ins
        self.activities.seats[activity_id].pass_on()

    # What whoever is asked does

    def notify(self, random: Random) -> None:
        reserved = [one for one in self.machine.invitations() if one.state == "reserved"]
        if invitation := any_of(reserved, random):
            referral = self.referrals.get(invitation.referral_id)
            stands = bool(referral and referral.state in domain.OPEN and self.consented(invitation.referral_id))
            assert stands == self.machine.consent_stands(invitation.referral_id)
            if stands:
                self.is_notified(invitation)
            self.machine.notify(invitation)

    def is_notified(self, invitation: Invitation) -> None:
        key = invitation.referral_id, invitation.choice
        if self.invitations.state[key] == "reserved":
            self.answer_by[key] = self.machine.now + TIME_TO_ANSWER
            self.invitations.happens("notice", *key)

    def reach_nobody(self, random: Random) -> None:
        reserved = [one for one in self.machine.invitations() if one.state == "reserved"]
        if invitation := any_of(reserved, random):
            self.machine.give_up(invitation)
            self.invitations.happens("expiry", invitation.referral_id, invitation.choice)

    def answer(self, random: Random) -> None:
        if invitation := any_of(self.machine.invitations(), random):
            self.is_notified(invitation)  # whoever has the link has the notice
            accept = random.random() < ACCEPTING
            self.machine.answer(invitation, accept=accept)
            self.invitations.happens("accept" if accept else "decline", invitation.referral_id, invitation.choice)

    def hand_over(self, random: Random) -> None:
        told = [one for one in self.machine.invitations() if one.state != "reserved"]
        if invitation := any_of(told, random):
            key = invitation.referral_id, invitation.choice
            is_open = self.invitations.state[key] in ("notified", "accepted")
            assert self.machine.hand_over(invitation) == (is_open and invitation.link_opens(self.machine.now))
            if self.invitations.state[key] == "notified":
                later = AnswerTime(5).of_deputy_ends(self.machine.now, invitation.municipality)
                self.answer_by[key] = max(self.answer_by[key], later)

    def visit(self, random: Random) -> None:
        if invitation := any_of(self.machine.invitations(), random):
            self.machine.visit(invitation, random.choice(("attended", "attended", "no_show")))
            key = invitation.referral_id, invitation.choice
            if self.invitations.state[key] == "accepted":
                self.invitations.visited.add(key)

    # What time and the wire do

    def hear(self, random: Random) -> None:
        for _ in range(random.randint(1, 6)):
            if one := any_of(self.machine.coming(), random):
                self.machine.deliver(*one)
                self.owners_agree()

    def hear_of_one_referral(self, random: Random) -> None:
        if first := any_of(self.machine.coming(), random):
            for _ in range(random.randint(2, 12)):
                if one := any_of([each for each in self.machine.coming() if each[2] == first[2]], random):
                    self.machine.deliver(*one)
                    self.owners_agree()

    def hear_again(self, random: Random) -> None:
        """Have a service hear once more, under another id, what it heard last of a topic and key."""
        if node := any_of([node for node in self.machine.nodes if node.heard], random):
            last = {(sent.topic, sent.key): sent for sent in node.heard}
            self.machine.handle(node, random.choice(list(last.values())))

    def announce_again(self, random: Random) -> None:
        referral_id = any_of(self.referrals, random)
        if referral_id and (state := self.referrals[referral_id].state) in ("received", "chosen"):
            self.machine.sweep(referral_id, state)
        if invitation := any_of(self.machine.invitations(), random):
            self.machine.tell_again(invitation)

    def pass_time(self, random: Random) -> None:
        self.machine.now += timedelta(hours=random.choice((1, 24, 48, 200)))

    def become_due(self, random: Random) -> None:
        for _ in range(random.randint(1, 4)):
            if one := any_of(self.machine.due(), random):
                self.machine.fire(*one)
                self.owners_agree()

    # What must hold

    @invariant()
    def count_step(self) -> None:
        global steps  # noqa: PLW0603 - Hypothesis makes the machines
        steps += 1
        self.owners_agree()

    def owners_agree(self) -> None:
        """Each owner has come to what the model has come to."""
        real = self.machine.referral.work.referrals
        assert real.keys() == self.referrals.keys()
        for referral_id, known in self.referrals.items():
            assert (real[referral_id].state, real[referral_id].choice) == (known.state, known.choice)
            if known.state in UNDER_WAY:
                assert real[referral_id].activity_id == known.wanted[known.turn]
            assert real[referral_id].announced == known.is_announced or known.state in ENDED
            proposals = self.machine.answers[referral_id].proposals
            assert [each.activity_id for each in proposals] == known.proposed
        for activity_id, seats in self.activities.seats.items():
            here = self.machine.activities.work.seats[activity_id]
            assert [(each.referral_id, each.choice) for each in here.line] == seats.line
            assert here.taken == seats.taken
        assert self.held() == {
            (referral_id, choice): activity_id
            for activity_id, seats in self.activities.seats.items()
            for referral_id, choice in seats.held.items()
        }
        states = {(one.referral_id, one.choice): one.state for one in self.machine.invitations()}
        assert states == self.invitations.state

    def held(self) -> dict[tuple[UUID, int], UUID]:
        work = self.machine.activities.work
        lines = {(each.referral_id, each.choice) for seats in work.seats.values() for each in seats.line}
        held = {(one.referral_id, one.held.choice): one.held.activity_id for one in work.referrals.values() if one.held}
        return {key: activity_id for key, activity_id in held.items() if key not in lines}

    def settle(self, _: Random | None = None) -> None:
        """Have everything be heard; then all three tell the same story."""
        while (coming := self.machine.coming()) or self.machine.due():
            if coming:
                self.machine.deliver(*coming[0])
            else:
                self.machine.fire(*self.machine.due()[0])
        self.owners_agree()
        self.all_tell_the_same()
        self.centre_knows()

    def all_tell_the_same(self) -> None:
        held = self.held()
        open_ = {one for one, state in self.invitations.state.items() if state in OPEN_INVITATION}
        here = self.machine.referral.work.referrals
        take_part = {each for each in self.referrals if here[each].outcome == "taking_part"}
        assert open_ <= held.keys()
        assert {referral_id for referral_id, _ in held.keys() - open_} <= take_part, "they need no invitation any more"
        lines = {key for seats in self.activities.seats.values() for key in seats.line}
        for referral_id, known in self.referrals.items():
            real, now = here[referral_id], (referral_id, known.choice)
            assert (known.state == "waitlisted") == (now in lines)
            if known.state in UNDER_WAY:
                assert known.state in STATE_OF[self.invitations.state.get(now, "")]
                assert known.state == "waitlisted" or held[now] == real.activity_id
            elif real.outcome != "taking_part":
                assert referral_id not in {other for other, _ in (*held, *lines)}
        for other, _ in (*held, *lines):
            assert other in self.referrals, "an erased referral holds nothing"
        for seats in self.activities.seats.values():
            assert not seats.line or seats.status == "paused" or seats.taken >= seats.maximum

    def centre_knows(self) -> None:
        for referral_id in self.referrals:
            real = self.machine.referral.work.referrals[referral_id]
            told = self.machine.told[referral_id][-1]
            assert (told["state"], told["waiting_on"]) == (real.state, real.waiting_on)
            left = list(unexplained(real.state, real.moves, self.machine.histories[referral_id]))
            assert not left, left


@pytest.mark.parametrize("least", [500, pytest.param(10_000, marks=[pytest.mark.real, pytest.mark.timeout(1800)])])
def test_the_services_do_what_the_model_of_the_domain_does(least: int) -> None:
    global steps  # noqa: PLW0603 - as above
    steps = 0
    run_state_machine_as_test(
        Domain,
        settings=settings(
            max_examples=least // 40,
            stateful_step_count=100,
            deadline=None,
            derandomize=least < 10_000,  # always the same for whoever waits for it, new ones for the long run
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert steps >= least
