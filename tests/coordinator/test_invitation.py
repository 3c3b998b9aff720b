from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.coordinator.domain.invitation import Invitation, Referral, State

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
TODAY = date(2025, 3, 12)


def an_invitation(state: State = "notified", *, visit: str | None = None) -> Invitation:
    return Invitation(
        UUID(int=1),
        1,
        UUID(int=2),
        "NO-5501",
        UUID(int=3),
        NOW,
        notice_at=NOW if state == "reserved" else None,
        state=state,
        answer_by=None if state == "reserved" else LATER,
        visit=visit,  # type: ignore[arg-type]  # a code
    )


MOVES: dict[str, Callable[[Invitation], bool]] = {
    "notify": lambda invitation: invitation.notify(None, LATER, NOW),
    "accept": lambda invitation: invitation.accept(NOW),
    "decline": lambda invitation: invitation.decline("full", NOW),
    "expire": lambda invitation: invitation.expire("no_response", NOW),
    "release": lambda invitation: invitation.release(NOW),
}
LEADS_TO: dict[State, dict[str, State]] = {
    "reserved": {"notify": "notified", "expire": "expired", "release": "released"},
    "notified": {"accept": "accepted", "decline": "declined", "expire": "expired", "release": "released"},
    "accepted": {"decline": "declined", "release": "released"},
    "declined": {},
    "expired": {},
    "released": {},
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", LEADS_TO)
def test_an_invitation_goes_only_where_the_domain_says(state: State, move: str) -> None:
    invitation = an_invitation(state)
    moved = MOVES[move](invitation)
    assert moved == (move in LEADS_TO[state])
    assert invitation.state == LEADS_TO[state].get(move, state)


@pytest.mark.parametrize("move", ["notify", "expire", "release"])
def test_what_is_no_longer_reserved_has_no_notice_to_send(move: str) -> None:
    invitation = an_invitation("reserved")
    MOVES[move](invitation)
    assert invitation.notice_at is None


def test_nobody_declines_after_the_first_visit() -> None:
    assert not an_invitation("accepted", visit="attended").decline("other", NOW)


@pytest.mark.parametrize(
    ("state", "before", "visit", "is_recorded"),
    [
        ("accepted", None, "attended", True),
        ("accepted", None, "no_show", True),
        ("accepted", "no_show", "attended", True),
        ("accepted", "attended", "no_show", False),
        ("accepted", "attended", "attended", False),
        ("notified", None, "attended", False),
        ("released", None, "attended", False),
        ("declined", None, "no_show", False),
    ],
)
def test_a_visit_is_recorded_once_and_only_of_whom_is_welcome(
    state: State, before: str | None, visit: str, *, is_recorded: bool
) -> None:
    assert an_invitation(state, visit=before).record_visit(visit, TODAY) == is_recorded  # type: ignore[arg-type]  # a code


def test_a_second_no_show_is_one_only_on_another_day() -> None:
    invitation = an_invitation("accepted")
    assert invitation.record_visit("no_show", TODAY)
    assert not invitation.record_visit("no_show", TODAY)
    assert invitation.record_visit("no_show", TODAY + timedelta(days=7))


@pytest.mark.parametrize(("now", "is_overdue"), [(NOW, False), (LATER, True), (LATER + timedelta(days=1), True)])
def test_silence_counts_from_the_moment_an_answer_was_due(now: datetime, *, is_overdue: bool) -> None:
    assert an_invitation().is_overdue(now) == is_overdue


def test_an_ended_choice_and_all_before_it_are_refused() -> None:
    referral = Referral(UUID(int=1))
    referral.end_choice(2)
    referral.end_choice(1)
    assert [referral.refuses(choice) for choice in (1, 2, 3)] == [True, True, False]


def test_an_ended_referral_refuses_every_choice() -> None:
    assert Referral(UUID(int=1), ended=True).refuses(7)
