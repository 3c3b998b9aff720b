"""A health centre's own system hears by its webhook how a referral goes, also what it missed while it was away."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from schemas.referral import ReferralStatusChanged
from services.referral.message_back import MessagesBack
from services.runtime.webhook import Webhooks
from tests.journeys.people import FIRST_NAME, Centre, Town
from tests.journeys.world import World
from tests.support.receiver import Receiver, certified, here, receiving
from tests.support.waiting import until

HOST = "journal.example"
WAY = ["received", "proposed", "chosen", "invited", "accepted", "attending", "attending", "closed"]
Tls = tuple[Any, Any]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return certified(HOST, tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def looked_up_here(world: World, tls: Tls) -> AsyncIterator[None]:
    """Have the centre's host looked up on this machine, which for want of a public address nobody else would be."""
    service = world.machine.made["referral"].service
    (back,) = [loop.step.__self__ for loop in service._loops if loop.name == "webhooks"]  # type: ignore[attr-defined]  # a bound method
    assert isinstance(back, MessagesBack)
    before = back.webhooks
    async with Webhooks(here, tls[1]) as webhooks:
        back.webhooks = webhooks
        yield
        back.webhooks = before


async def register(centre: Centre, url: str) -> None:
    await centre.call("PUT", "/referral/webhook", {"url": url}, role="centre")


def told(receiver: Receiver, referral_id: str) -> list[dict[str, Any]]:
    """Return what the centre's system was told of the referral, in order, repeats left out by their ids."""
    bodies = dict(zip(receiver.ids, receiver.bodies, strict=True)).values()
    return [data for data in (json.loads(body)["data"] for body in bodies) if data["referral_id"] == referral_id]


async def through_to_the_end(centre: Centre, town: Town) -> str:
    """Have somebody referred who is welcomed, comes, stops coming, and is said to have tried and left."""
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk)
    notice = await walk.notice()
    page = await notice.answer(await notice.accept(), visit="attended")
    await centre.becomes(referral_id, "attending")
    await notice.answer(page, visit="stopped")
    await until(lambda: _has_stopped(centre, referral_id))
    await centre.close(referral_id, "tried_and_left")
    return referral_id


async def _has_stopped(centre: Centre, referral_id: str) -> bool:
    return (await centre.becomes(referral_id, "attending"))["reason"] == "stopped"


@pytest.mark.usefixtures("looked_up_here")
async def test_a_centres_system_hears_of_the_whole_way(centre: Centre, town: Town, tls: Tls) -> None:
    async with receiving(tls[0]) as receiver:
        await register(centre, f"https://{HOST}:{receiver.port}/")

        referral_id = await through_to_the_end(centre, town)

        await until(lambda: len(told(receiver, referral_id)) == len(WAY))
        heard = told(receiver, referral_id)
        assert [(data["state"], data["waiting_on"]) for data in heard] == await centre.told(referral_id, last="closed")
        assert [data["state"] for data in heard] == WAY
        assert (heard[-2]["reason"], heard[-1]["outcome"]) == ("stopped", "tried_and_left")
        assert {tuple(data) for data in heard} == {tuple(ReferralStatusChanged.model_fields)}
        assert FIRST_NAME.encode() not in b"".join(receiver.bodies)


@pytest.mark.usefixtures("looked_up_here")
async def test_a_system_that_was_away_hears_everything_in_order(
    world: World, centre: Centre, town: Town, tls: Tls
) -> None:
    async with receiving(tls[0]) as receiver:
        port = receiver.port
    await register(centre, f"https://{HOST}:{port}/")

    referral_id = await through_to_the_end(centre, town)  # nobody waits for the centre's system
    await until(lambda: _failed_attempts(centre))
    async with receiving(tls[0], port) as receiver:
        receiver.open.clear()  # slow at first
        await world.becomes(world.time() + timedelta(minutes=10))
        await until(lambda: receiver.heads)
        receiver.open.set()

        await until(lambda: len(told(receiver, referral_id)) == len(WAY))
        assert [data["state"] for data in told(receiver, referral_id)] == WAY


async def _failed_attempts(centre: Centre) -> bool:
    page = await centre.call("GET", "/referral/webhook/messages", role="centre")
    return any(line["answer"] == "no_answer" for line in page["items"])


async def test_no_address_of_our_own_network_is_called(centre: Centre, town: Town) -> None:
    async with receiving() as receiver:
        await register(centre, f"https://localhost:{receiver.port}/")

        referral_id = await centre.refer(town)

        await until(lambda: _refused(centre, referral_id))
        assert receiver.heads == []
    await centre.call("DELETE", "/referral/webhook", role="centre", expect=204)


async def _refused(centre: Centre, referral_id: str) -> bool:
    page = await centre.call("GET", "/referral/webhook/messages?state=failed", role="centre")
    return any((line["referral_id"], line["answer"]) == (referral_id, "not_public") for line in page["items"])
