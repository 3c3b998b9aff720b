"""A service's database goes back to an earlier time while the others are ahead; the three come to agree again."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.load import Load
from tests.chaos.platform import SERVICES, Platform, platform
from tests.chaos.recording import record
from tests.chaos.rest import at_rest
from tests.chaos.restoring import back_up, do_as_told, put_back, restored, start, stop
from tests.chaos.serve import SESSION
from tests.support.checker import breaches
from tests.support.ledger import Ledger
from tests.support.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
SEED, REFERRALS, PER_SECOND = 7, 90, 30.0
SHARES = 3
"""Of the referrals: those that the backup knows, those that it cannot know, those that come after the restore."""
AHEAD = 8
"""By so many choices, seats and answers the services are ahead of the backup."""
REST_SECONDS = 180
SESSION_SECONDS = "6"
"""After which Kafka forgets a process that stopped: the shortest that it takes."""
FEW_SEATS = "update seats set maximum = taken + 1, changed = pg_current_xact_id()::text::bigint"
"""So that seats are refused, freed and given to others, and it matters who was first."""
LOST = re.compile(r"^  ([0-9a-f-]{36}) of ", re.MULTILINE)
KNOWN = {
    "referral": "select coalesce(sum(choice), 0) as n from referral",
    "activities": "select count(*) as n from referral where held_choice is not null or ended_choice > 0",
    "coordinator": "select count(*) as n from invitation where state in ('accepted', 'declined')",
}


@pytest.mark.parametrize("service", SERVICES)
async def test_three_services_agree_again_after_one_was_restored(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SESSION, SESSION_SECONDS)
    async with platform(tmp_path, "kafka", proxied=False, instances=1) as running:
        ledger, said = await _go_back(running, service)

    assert {kind: found for kind, found in breaches(ledger).items() if found} == {}
    epochs = {event.sequence[:6] for event in ledger.events if event.source == f"/{service}" and event.sequence}
    assert epochs == {"000001", "000002"}
    assert f"{service} begins epoch 2" in said
    # Nothing that was said to be done is lost, but who was referred over HTTP to the service that forgot it.
    assert bool(ledger.lost) == (service == "referral")


async def _go_back(running: Platform, service: str) -> tuple[Ledger, str]:
    """Restore the service mid-way, wait until all is at rest, and return the ledger and what the operator was told."""
    await running.run("activities", FEW_SEATS)
    load = Load(running, SEED, REFERRALS, PER_SECOND)
    load.may_end.set()  # requests need not wait for something to go wrong
    async with load.living():
        await load.send(0, SHARES)
        await until(lambda: _are_ahead(running, dict.fromkeys(SERVICES, 0)))
        backup, before = await back_up(running, service), await _known(running)
        await load.send(1, SHARES)
        await until(lambda: _are_ahead(running, before))
        await stop(running, service)
        await put_back(running, backup)
        said = await restored(running, backup)
        load.lost = frozenset(LOST.findall(said))
        await start(running, service)
        await do_as_told(running, said)
        await load.send(2, SHARES)
        assert await at_rest(running, load, frozenset(), within=REST_SECONDS) == ""
    assert load.surprises == []
    assert load.lost.isdisjoint(each.body["referral_id"] for each in load.requests if each.over == "kafka")
    return replace(await record(running, load, frozenset()), restored=service, lost=load.lost), said


async def _known(running: Platform) -> dict[str, int]:
    return {service: (await running.rows(service, query))[0].n for service, query in KNOWN.items()}


async def _are_ahead(running: Platform, before: dict[str, int]) -> bool:
    return all(number >= before[service] + AHEAD for service, number in (await _known(running)).items())
