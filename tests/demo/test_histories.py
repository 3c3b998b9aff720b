"""The check of histories finds what no referral may do."""

from dataclasses import dataclass
from itertools import count

import pytest

from services.demo.histories import unexplained


@dataclass(frozen=True)
class Line:
    """What the check reads of a line of history."""

    number: int
    what: str
    state: str


def history(*lines: str) -> list[Line]:
    return [Line(number, *line.split(" -> ")) for number, line in zip(count(1), lines, strict=False)]


TAKEN_PART = history(
    "referral.requested -> received",
    "contact.given -> received",
    "activities.proposed -> proposed",
    "activity.chosen -> chosen",
    "contact.notified -> invited",
    "invitation.declined -> chosen",
    "activity.chosen -> chosen",
    "contact.notified -> invited",
    "invitation.accepted -> accepted",
    "visit.recorded -> attending",
    "referral.closed -> closed",
)


def test_a_history_from_request_to_outcome_explains_itself() -> None:
    assert list(unexplained("closed", len(TAKEN_PART), TAKEN_PART)) == []


@pytest.mark.parametrize(
    ("lines", "state", "why"),
    [
        (["activities.proposed -> proposed"], "proposed", "begins as proposed"),
        (["referral.requested -> received"], "invited", "is invited, and its history ends as received"),
        (
            ["referral.requested -> received", "contact.notified -> invited"],
            "invited",
            "received does not lead to invited",
        ),
        (
            ["referral.requested -> withdrawn", "activities.proposed -> proposed"],
            "proposed",
            "withdrawn does not lead to proposed",
        ),
        (
            ["referral.requested -> received", "visit.recorded -> unmatched"],
            "unmatched",
            "visit.recorded does not lead to unmatched",
        ),
    ],
)
def test_a_history_that_cannot_be_is_found(lines: list[str], state: str, why: str) -> None:
    assert why in list(unexplained(state, len(lines), history(*lines)))


def test_a_move_without_a_line_is_found() -> None:
    assert list(unexplained("closed", 12, TAKEN_PART)) == ["11 lines of history for 12 moves"]
