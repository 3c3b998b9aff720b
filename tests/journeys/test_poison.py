"""A message that nobody can handle is parked with the reason, holds back its own key and nothing else."""

import json
from typing import Final
from uuid import uuid4

import pytest

from services.runtime import parking
from services.runtime.parking import Parked
from tests.journeys.people import Centre, Json, Town
from tests.journeys.world import World
from tests.support.waiting import until

VALUE: Final = "Torvvardefaret"
"""Stands in every poison message, and must stand nowhere else."""
REQUESTED: Final = "org.motesplats.referral.requested.v1"
UNKNOWN: Final = "org.motesplats.referral.requested.v9"


async def parked(world: World, key: str) -> Parked:
    """Return the parked event of the key, when it is there."""
    engine = world.machine.made["referral"].service.engine

    async def found() -> list[Parked]:
        return [event for event in await parking.parked_events(engine) if event.key.endswith(key)]

    [event] = await until(found)
    return event


def paths(errors: list[Json]) -> set[str]:
    return {error["path"] for error in errors}


@pytest.mark.parametrize(
    ("kind", "path"),
    [("not JSON", "$"), ("unknown type", "ce_type"), ("invalid field", "participant.age"), ("900 kB", "wishes")],
)
async def test_a_poison_message_is_parked_and_the_centre_is_told_why(
    world: World, centre: Centre, town: Town, kind: str, path: str
) -> None:
    await town.opens("Walk", seats=None)
    good = centre.request(town)
    key = good["referral_id"]
    invalid = good | {"wishes": VALUE, "participant": good["participant"] | {"age": 130}}
    value = {
        "not JSON": f"{{{VALUE}".encode(),
        "unknown type": json.dumps(good | {"wishes": VALUE}).encode(),
        "invalid field": json.dumps(invalid).encode(),
        "900 kB": json.dumps(good | {"wishes": VALUE * (900_000 // len(VALUE))}).encode(),
    }[kind]
    other = centre.request(town)

    await centre.send_raw(value, key=key, kind=UNKNOWN if kind == "unknown type" else REQUESTED)
    await centre.send(good, other)

    event = await parked(world, key)
    assert path in paths(list(event.errors))
    rejection = await centre.rejection(key)
    assert rejection["errors"] == event.errors
    assert VALUE not in json.dumps(rejection) + json.dumps(event.errors)
    await centre.told(other["referral_id"], last="proposed")

    async def holds_back_its_key() -> bool:
        return (await parked(world, key)).held == 1

    await until(holds_back_its_key)
    await centre.call("GET", f"/referral/referrals/{key}", expect=404)

    engine = world.machine.made["referral"].service.engine
    assert await parking.retry(engine, event.id)

    async def is_parked_again() -> bool:
        return (await parked(world, key)).parked_at > event.parked_at

    await until(is_parked_again)
    await centre.call("GET", f"/referral/referrals/{key}", expect=404)
    assert await parking.drop(engine, event.id, world.time())
    await centre.told(key, last="proposed")


async def test_a_withdrawal_overtakes_what_is_parked_before_it(world: World, centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    request = centre.request(town)
    referral_id = request["referral_id"]
    await centre.send(request)
    await centre.told(referral_id, last="proposed")
    await centre.choose(referral_id, walk)
    notice = await walk.notice()
    await centre.becomes(referral_id, "invited")

    await centre.send(request | {"wishes": "something else"})
    event = await parked(world, referral_id)
    assert [(error["path"], error["rule"]) for error in event.errors] == [
        ("referral_id", "is known with other content")
    ]
    await centre.send(centre.withdrawal(referral_id))

    await centre.becomes(referral_id, "withdrawn")
    await walk.is_free()
    await notice.becomes("This is no longer needed.")
    assert (await parked(world, referral_id)).id == event.id


async def test_whatever_the_key_a_poison_message_has_only_its_sender_is_told(
    world: World, centre: Centre, town: Town
) -> None:
    other = str(uuid4())
    await centre.send_raw(json.dumps(centre.request(town)).encode(), key=other)

    assert paths((await centre.rejection(other))["errors"]) == {"key"}
    assert (await parked(world, other)).topic.endswith(centre.id.replace(":", "-"))
