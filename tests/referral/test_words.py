import re
from pathlib import Path
from typing import get_args

import pytest

from schemas.activities import NoActivityFound, SeatRefused
from schemas.coordinator import InvitationDeclined, InvitationExpired, VisitRecorded
from schemas.event import Event
from schemas.referral import ReferralClosed, ReferralWithdrawalRequested
from schemas.vocabulary import (
    DECLINE_REASONS,
    OUTCOMES,
    VISITS,
    WITHDRAWAL_REASONS,
    ExpiryReason,
    NoMatch,
    SeatRefusal,
)
from services.referral.handlers import handlers
from services.referral.words import TOLD, say

CODES: list[tuple[type[Event], tuple[str, ...]]] = [
    (NoActivityFound, get_args(NoMatch)),
    (SeatRefused, get_args(SeatRefusal)),
    (InvitationDeclined, DECLINE_REASONS),
    (InvitationExpired, get_args(ExpiryReason)),
    (VisitRecorded, VISITS),
    (ReferralWithdrawalRequested, WITHDRAWAL_REASONS),
    (ReferralClosed, OUTCOMES),
]
CALLS = Path(__file__).parents[2] / "services" / "referral" / "calls.py"


def test_all_that_can_happen_to_a_referral_is_told_in_words() -> None:
    heard = {event.event_name for event, _ in handlers.by_event.values()}
    done = set(re.findall(r'tell\(.*"(\w+\.\w+)"', CALLS.read_text()))
    timed = {kind.rpartition(".")[2].replace("_", ".") for kind in handlers.by_internal if ".deadline." in kind}
    assert {"consent.given", "consent.ends"} <= done | timed
    assert heard | done | timed <= TOLD.keys()


@pytest.mark.parametrize(("event", "code"), [(event, code) for event, codes in CODES for code in codes])
def test_every_reason_is_told_and_none_by_its_code(event: type[Event], code: str) -> None:
    assert "_" not in say(event.event_name, "coach", code, "en")
    assert say(event.event_name, "coach", code, "sv") != say(event.event_name, "coach", code, "nb")


def test_what_is_newer_than_we_are_is_told_by_its_code() -> None:
    assert say("visit.repeated", "coordinator", None, "sv") == "visit.repeated"
