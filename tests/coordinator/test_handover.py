from datetime import UTC, datetime, timedelta

import pytest

from services.coordinator.domain.contact_function import ContactFunction, Person, has_left, is_handed_over
from services.coordinator.domain.handover import taker_of
from services.coordinator.domain.invitation import LINK_STAYS, State
from services.coordinator.domain.working_days import AnswerTime
from tests.coordinator.test_invitation import NOW, TODAY, an_invitation
from tests.coordinator.test_recipients import AWAY, AWAY_HOLDER, FIRST, HOLDER, SECOND, walks

MUTE = walks(HOLDER, Person(), email=None, phone=None)
AWAY_FIRST = Person("first@mote.example", None, AWAY)


@pytest.mark.parametrize(
    ("function", "giver", "bounced", "taker"),
    [
        (walks(HOLDER, FIRST, SECOND), 0, "", 1),
        (walks(HOLDER, FIRST, SECOND), 1, "", 2),
        (walks(HOLDER, FIRST, SECOND), 2, "", None),
        (walks(HOLDER, AWAY_FIRST, SECOND), 0, "", 2),
        (walks(HOLDER, AWAY_FIRST), 0, "", None),
        (walks(HOLDER, FIRST, SECOND), 0, "first@mote.example", 2),
        (walks(HOLDER, FIRST), 0, "first@mote.example", None),
        (walks(HOLDER, Person()), 0, "", 1),
        (walks(), 0, "", None),
        (MUTE, 0, "", None),
        (walks(AWAY_HOLDER, FIRST), 1, "", None),
    ],
    ids=[
        "the holder's goes to the first deputy",
        "the first deputy's to the second",
        "the last one's to nobody",
        "who is away is passed over",
        "though there is no other",
        "whose address refuses mail is passed over",
        "though there is no other either",
        "a deputy without an address reads the function's mailbox",
        "nobody is named",
        "nobody is reached",
        "never back to the holder",
    ],
)
def test_who_takes_over(function: ContactFunction, giver: int, bounced: str, taker: int | None) -> None:
    assert taker_of(function, giver, TODAY, bounced=bounced.split(), channels={"email"}) == taker


@pytest.mark.parametrize(
    ("state", "later", "happens"),
    [
        ("reserved", timedelta(0), True),
        ("notified", timedelta(0), True),
        ("notified", LINK_STAYS * 3, True),
        ("accepted", timedelta(0), True),
        ("accepted", LINK_STAYS + timedelta(seconds=1), False),
        ("declined", timedelta(0), False),
        ("expired", timedelta(0), False),
        ("released", timedelta(0), False),
    ],
)
def test_what_is_open_is_handed_over(state: State, later: timedelta, *, happens: bool) -> None:
    invitation = an_invitation(state)
    assert invitation.hand_over(NOW + later, 1) is happens
    assert (invitation.state, invitation.generation, invitation.place) == (state, 1 + happens, int(happens))
    assert invitation.waits_for("invitation" if state == "reserved" else "handover", 2) is happens


def test_what_is_handed_over_can_still_be_answered_declined_or_expire() -> None:
    for move in ("accept", "decline", "expire"):
        invitation = an_invitation()
        invitation.hand_over(NOW, 1)
        given = {"accept": (NOW,), "decline": ("full", NOW), "expire": ("no_response", NOW)}[move]
        assert getattr(invitation, move)(*given)
        assert invitation.notice_at is None  # and whoever took over is told nothing that is over


@pytest.mark.parametrize(
    ("time", "asked_on", "ends_on"),
    [
        (AnswerTime(5), "2025-03-12", "2025-03-14"),
        (AnswerTime(5), "2025-03-13", "2025-03-17"),
        (AnswerTime(5), "2025-04-16", "2025-04-23"),
        (AnswerTime(10, 2, 6), "2025-03-12", "2025-03-18"),
        (AnswerTime(3, 1, 3), "2025-03-12", "2025-03-13"),
    ],
    ids=["two working days", "over a weekend", "over Easter", "as the municipality has it", "one at least"],
)
def test_a_deputy_may_answer_for_what_is_left_after_their_turn(time: AnswerTime, asked_on: str, ends_on: str) -> None:
    ends = time.of_deputy_ends(datetime.fromisoformat(f"{asked_on}T12:00").replace(tzinfo=UTC), "NO-5501")
    assert ends.date().isoformat() == ends_on


def test_in_a_demonstration_a_deputy_has_their_share_of_the_seconds() -> None:
    assert AnswerTime(5, seconds=10).of_deputy_ends(NOW, "NO-5501") == NOW + timedelta(seconds=4)


@pytest.mark.parametrize(
    ("place", "now", "expected"),
    [
        (0, walks(AWAY_HOLDER, FIRST), True),
        (1, walks(AWAY_HOLDER, FIRST), False),
        (1, walks(HOLDER, FIRST, email="new@mote.example"), True),
        (1, walks(AWAY_HOLDER, AWAY_FIRST, SECOND), True),
    ],
    ids=[
        "the holder's, who is away now",
        "not the deputy's, who answers now anyway",
        "the deputy's too where the holder is another",
        "the deputy's who is away as well",
    ],
)
def test_what_a_change_of_the_function_moves(place: int, now: ContactFunction, *, expected: bool) -> None:
    assert is_handed_over(walks(HOLDER, FIRST, SECOND), now, place, TODAY) is expected


@pytest.mark.parametrize(
    ("place", "now", "expected"),
    [
        (1, walks(HOLDER, SECOND), True),
        (2, walks(HOLDER, SECOND), False),
        (1, walks(HOLDER, AWAY_FIRST, SECOND), False),
        (1, walks(HOLDER, Person("elsewhere@mote.example")), True),
        (1, walks(), True),
        (3, walks(HOLDER), False),
    ],
    ids=[
        "a deputy who is gone",
        "not the one who moves up",
        "nor who is away",
        "who is reached elsewhere",
        "where nobody is named any more",
        "nobody had the place",
    ],
)
def test_who_of_a_function_has_left_it(place: int, now: ContactFunction, *, expected: bool) -> None:
    assert has_left(walks(HOLDER, FIRST, SECOND), now, place) is expected
