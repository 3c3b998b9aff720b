"""The demo as `make demo` runs it: one story, told once for all tests here."""

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

Outcome = dict[str, Any]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    command = [sys.executable, "-m", "services.cli", "demo", "--json"]
    ended = subprocess.run(  # noqa: S603 - our own command
        command, cwd=tmp_path_factory.mktemp("demo"), capture_output=True, text=True, check=False, timeout=280
    )
    assert ended.stderr == ""
    found: Outcome = json.loads(ended.stdout)
    assert ended.returncode == 0, found["broken"]
    return found


def test_every_invariant_holds(outcome: Outcome) -> None:
    assert outcome["holds"]
    assert len(outcome["broken"]) >= 18
    assert not any(outcome["broken"].values())


def test_sixty_requests_make_fifty_six_referrals(outcome: Outcome) -> None:
    assert outcome["requests"] == 60
    assert sum(each["count"] for each in outcome["referrals"]) == 56


def test_control_arm_protection_and_consent_let_referrals_wait(outcome: Outcome) -> None:
    waiting = {each["waiting_on"]: each["count"] for each in outcome["referrals"] if each["state"] == "received"}
    assert waiting == {"study": 2, "consent": 2, "coach": 1}


def test_contact_functions_accept_decline_and_stay_silent(outcome: Outcome) -> None:
    answers = outcome["answers"]
    assert {"accept", "decline", "silence"} <= set(answers)
    assert sum(answers.values()) == outcome["notices"]
    attending = [each["count"] for each in outcome["referrals"] if each["state"] == "attending"]
    assert attending == [answers["accept"]]


def test_centres_are_told_path_and_rule_of_what_is_wrong(outcome: Outcome) -> None:
    refused = Counter((each["over"], each["path"], each["rule"]) for each in outcome["refused"])
    assert refused == Counter(
        {
            ("kafka", "wishes", "must not hold a personal number"): 1,
            ("kafka", "contact", "is taken over HTTP only"): 1,
            ("http", "nickname", "is not a known field"): 1,
            ("http", "participant.age", "must be a whole number"): 1,
            ("http", "interests[1]", "must be a code of its list"): 1,
        }
    )
    assert {each["path"] for each in outcome["parked"]} == {"wishes", "contact"}


def test_it_tells_how_long_a_notice_takes(outcome: Outcome) -> None:
    assert 0 < outcome["notice_ms_median"] <= outcome["notice_ms_p99"]
