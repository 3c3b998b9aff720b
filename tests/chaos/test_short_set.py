"""The short set of chaos: the most telling things that can go wrong, on both brokers; `make chaos` has them all."""

from pathlib import Path

import pytest

from tests.chaos.every import SCENARIOS
from tests.chaos.platform import BrokerName
from tests.chaos.run import run

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
SEED = 3
SHORT: list[tuple[str, BrokerName, int, float]] = [
    ("crash-points", "kafka", 200, 5),
    ("anything", "kafka", 160, 20),
    ("broker-crashes", "tansu", 100, 6),
]
"""Scenario, broker, how many referrals, and how many a second."""


@pytest.mark.parametrize(
    ("name", "broker", "referrals", "per_second"), SHORT, ids=[" on ".join(row[:2]) for row in SHORT]
)
async def test_every_promise_is_kept(
    name: str, broker: BrokerName, referrals: int, per_second: float, tmp_path: Path
) -> None:
    outcome = await run(SCENARIOS[name], tmp_path, broker=broker, seed=SEED, referrals=referrals, per_second=per_second)
    assert {kind: found for kind, found in outcome.breaches.items() if found} == {}
    assert outcome.surprises == []
    assert len(outcome.disturbances) >= SCENARIOS[name].least
    assert {"accepted", "withdrawn"} <= outcome.states.keys()
