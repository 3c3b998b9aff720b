"""A graceful stop of each service, a process under load: within ten seconds, in good order, next to nothing again."""

from pathlib import Path

import pytest

from tests.chaos.every import SCENARIOS
from tests.chaos.platform import INSTANCES, SERVICES, BrokerName
from tests.chaos.run import run
from tests.chaos.stops import unclean

SEED = 3
REFERRALS, PER_SECOND = 120, 15.0


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("broker", ["kafka", "tansu"])
async def test_a_stop_under_load_ends_within_ten_seconds_without_an_error_and_no_more_than_a_batch_comes_again(
    broker: BrokerName, tmp_path: Path
) -> None:
    outcome = await run(
        SCENARIOS["stops"], tmp_path, broker=broker, seed=SEED, referrals=REFERRALS, per_second=PER_SECOND
    )
    assert outcome.surprises == []
    assert {kind: found for kind, found in outcome.breaches.items() if found} == {}
    assert len(outcome.stopped_after) >= INSTANCES * len(SERVICES)


def test_what_a_stop_must_not_leave_in_a_log_is_found_there() -> None:
    log = """\
{"level": "info", "event": "Shutting down"}
{"level": "warning", "event": "call_failed"}
{"level": "error", "event": "Cancel 1 running task(s)"}
{"level": "critical", "event": "uncaught"}
Traceback (most recent call last):
"""
    assert list(unclean(log.splitlines())) == [
        "error: Cancel 1 running task(s)",
        "critical: uncaught",
        "no level: Traceback (most recent call last):",
    ]
