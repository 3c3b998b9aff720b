from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.coordinator.domain.contact_function import ContactFunction, Person, in_charge, is_handed_over
from services.coordinator.domain.invitation import NoticeKind
from services.coordinator.domain.notice import (
    ATTEMPTS_UNTIL_HEARD_OF,
    PATIENCE,
    Address,
    Due,
    Later,
    Needless,
    Recipient,
    Unreachable,
    after,
    is_given_up,
    next_attempt,
    recipient_of,
)
from services.coordinator.domain.working_days import AnswerTime

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
TODAY = date(2025, 3, 12)
CONTACT_ID = UUID(int=3)
COORDINATOR = Address("coordinator@mote.example", "nb")
FUNCTION = ContactFunction(CONTACT_ID, "1", "NO-5501", "Walks", "walks@mote.example", "+4777012345", "sv")
AWAY = ((date(2025, 3, 10), date(2025, 3, 12)),)
BEFORE = ((date(2025, 3, 1), date(2025, 3, 11)),)
HOLDER, AWAY_HOLDER = Person(), Person(absences=AWAY)
FIRST, SECOND = Person("first@mote.example"), Person("second@mote.example")


def walks(*people: Person, **changes: Any) -> ContactFunction:  # noqa: ANN401 - any field
    return replace(FUNCTION, people=people, **changes)


@pytest.mark.parametrize(
    ("people", "after", "expected"),
    [
        ((), -1, (0, "walks@mote.example")),
        ((HOLDER, FIRST), -1, (0, "walks@mote.example")),
        ((Person("holder@mote.example"), FIRST), -1, (0, "walks@mote.example")),
        ((AWAY_HOLDER, FIRST), -1, (1, "first@mote.example")),
        ((Person(absences=BEFORE), FIRST), -1, (0, "walks@mote.example")),
        ((AWAY_HOLDER, Person("first@mote.example", None, AWAY), SECOND), -1, (2, "second@mote.example")),
        ((AWAY_HOLDER, Person()), -1, (1, "walks@mote.example")),
        ((AWAY_HOLDER,), -1, (0, "walks@mote.example")),
        ((HOLDER, FIRST, SECOND), 0, (1, "first@mote.example")),
        ((HOLDER, Person("first@mote.example", None, AWAY), SECOND), 0, (2, "second@mote.example")),
        ((AWAY_HOLDER, FIRST, SECOND), 1, (2, "second@mote.example")),
        ((HOLDER, FIRST), 1, None),
        ((), 0, None),
    ],
    ids=[
        "nobody is named: the function's mailbox",
        "the holder reads the function's mailbox",
        "also with an address of their own",
        "the holder is away: the deputy, at their own address",
        "the holder is back",
        "holder and first deputy are away: the second",
        "a deputy without an address reads the function's mailbox",
        "everybody is away: the function's mailbox, still",
        "who stands in for a silent holder: the first deputy",
        "who is away: the second",
        "for a silent first deputy: the second",
        "behind the last: nobody",
        "nobody is named: no deputy",
    ],
)
def test_who_is_in_charge_at_this_moment(
    people: tuple[Person, ...], after: int, expected: tuple[int, str] | None
) -> None:
    found = in_charge(walks(*people), TODAY, after=after)
    assert (found and (found.place, found.email)) == expected


def test_a_function_without_a_mailbox_is_its_holders() -> None:
    found = in_charge(walks(Person("holder@mote.example"), email=None), TODAY)
    assert found is not None
    assert (found.email, found.phone) == ("holder@mote.example", "+4777012345")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (walks(), False),
        (walks(name="Other walks"), False),
        (walks(HOLDER, FIRST), False),
        (walks(email="new@mote.example"), True),
        (walks(AWAY_HOLDER, FIRST), True),
        (ContactFunction(CONTACT_ID, "2"), True),
    ],
    ids=["nothing", "a name", "a deputy more", "another mailbox", "the deputy answers now", "removed"],
)
def test_what_of_a_change_is_a_handover(now: ContactFunction, *, expected: bool) -> None:
    assert is_handed_over(walks(), now, 0, TODAY) is expected


def due(**changes: Any) -> Due:  # noqa: ANN401 - any field
    plain = Due(
        referral_id=UUID(int=1),
        choice=1,
        municipality="NO-5501",
        contact_id=CONTACT_ID,
        about="{}",
        notice="invitation",
        place=0,
        generation=1,
        due_at=NOW,
        waiting_since=NOW,
        answer_by=None,
        attempts=1,
        contact=FUNCTION,
        coordinator=COORDINATOR,
        answer_time=AnswerTime(5),
    )
    return replace(plain, **changes)


IN_CHARGE = Recipient(Address("walks@mote.example", "sv"), CONTACT_ID)
DEPUTY = Recipient(Address("first@mote.example", "sv"), CONTACT_ID, 1)
INSTEAD = Recipient(COORDINATOR, None)
MUTE = replace(FUNCTION, email=None)
REMOVED = ContactFunction(CONTACT_ID, "2")


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        (due(), IN_CHARGE),
        (due(contact=walks(AWAY_HOLDER, FIRST)), DEPUTY),
        (due(contact_id=None, contact=None), INSTEAD),
        (due(contact=MUTE), INSTEAD),
        (due(contact=REMOVED), INSTEAD),
        (due(contact=None), Later()),
        (due(contact=None, attempts=ATTEMPTS_UNTIL_HEARD_OF + 1), INSTEAD),
        (due(contact=MUTE, coordinator=None), Unreachable("no_contact", None)),
        (due(contact_id=None, contact=None, coordinator=None), Unreachable("no_contact", None)),
        (due(contact=walks(paused_until=TODAY)), Unreachable("paused", CONTACT_ID)),
        (due(contact=walks(paused_until=date(2025, 3, 11))), IN_CHARGE),
        (due(notice="reminder"), IN_CHARGE),
        (due(notice="reminder", place=1, contact=walks(AWAY_HOLDER, FIRST)), DEPUTY),
        (due(notice="reminder", contact=walks(AWAY_HOLDER, FIRST)), DEPUTY),
        (due(notice="reminder", contact=walks(paused_until=TODAY)), Needless()),
        (due(notice="reminder", answer_by=NOW), Needless()),
        (due(notice="deputy", contact=walks(HOLDER, FIRST)), DEPUTY),
        (due(notice="deputy"), Needless()),
        (due(notice="deputy", contact_id=None, contact=None), Needless()),
        (due(notice="withdrawn", place=1, contact=walks(HOLDER, FIRST)), DEPUTY),
        (due(notice="withdrawn", contact=walks(AWAY_HOLDER, FIRST, paused_until=TODAY)), IN_CHARGE),
        (due(notice="withdrawn", contact=MUTE, coordinator=None), Needless()),
    ],
    ids=[
        "the contact function",
        "its deputy while the holder is away",
        "without one the coordinator",
        "the coordinator also for one without e-mail",
        "or one that was removed",
        "one that we have not heard of may still come",
        "but not for ever",
        "nobody, if there is no coordinator either",
        "nobody at all",
        "one that is paused is not asked",
        "until the pause is over",
        "whoever was asked is reminded",
        "the deputy too",
        "the deputy instead, since the holder is away by now",
        "nobody while it is paused",
        "nobody when it is too late to answer",
        "the deputy of who is silent",
        "nobody without a deputy",
        "a coordinator has none",
        "who knew hears that it is over",
        "away or paused",
        "or nobody does",
    ],
)
def test_who_is_told(notice: Due, expected: Recipient | Later | Needless | Unreachable) -> None:
    found = recipient_of(notice, NOW)
    assert found == expected


@pytest.mark.parametrize(
    ("people", "bounced", "expected"),
    [
        ((HOLDER, FIRST), "walks@mote.example", DEPUTY),
        ((HOLDER, FIRST), "first@mote.example", IN_CHARGE),
        ((HOLDER, FIRST), "walks@mote.example first@mote.example", Unreachable("mail_refused", CONTACT_ID)),
        ((), "walks@mote.example", Unreachable("mail_refused", CONTACT_ID)),
    ],
    ids=["the holder's: the deputy", "the deputy's: the holder", "both: nobody", "without a deputy: nobody"],
)
def test_whose_address_bounces_is_not_told_but_the_next(
    people: tuple[Person, ...], bounced: str, expected: Recipient | Unreachable
) -> None:
    assert recipient_of(due(contact=walks(*people)), NOW, frozenset(bounced.split())) == expected


REMIND, DEPUTY_AT = datetime(2025, 3, 14, 12, tzinfo=UTC), datetime(2025, 3, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("notice", "days", "expected"),
    [
        ("invitation", 0, ("reminder", REMIND)),
        ("reminder", 2, ("deputy", DEPUTY_AT)),
        ("deputy", 5, ("deputy", None)),
        ("handover", 1, ("reminder", REMIND)),
        ("handover", 3, ("deputy", DEPUTY_AT)),
        ("handover", 6, ("handover", None)),
        ("withdrawn", 1, ("withdrawn", None)),
    ],
)
def test_what_follows_a_notice(notice: NoticeKind, days: int, expected: tuple[NoticeKind, datetime | None]) -> None:
    answer_by = None if notice == "invitation" else NOW + timedelta(days=7)
    assert after(due(notice=notice, answer_by=answer_by), NOW + timedelta(days=days)) == expected


def test_pauses_grow_and_never_end() -> None:
    pauses = [(next_attempt(attempts, NOW) - NOW).total_seconds() for attempts in (1, 2, 3, 4, 5, 6, 7, 100)]
    assert pauses == [1, 2, 5, 15, 60, 300, 300, 300]


def test_a_mailbox_that_says_later_is_given_up_after_a_day() -> None:
    attempts, at = 1, NOW
    while not is_given_up(attempts):
        at, attempts = next_attempt(attempts, at), attempts + 1
    assert PATIENCE < at - NOW < PATIENCE + timedelta(minutes=10)
