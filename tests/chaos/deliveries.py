"""What can go wrong with what is delivered: events again and out of order, and events that nobody can read."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas import topics
from services.runtime.broker import make_producer
from tests.chaos.platform import Platform
from tests.chaos.world import World, scenario
from tests.support.reading_topics import all_in
from tests.support.waiting import until

AT_ONCE: Final = 500
POISON_ID: Final = "poison-"
_UNDER_WAY: Final = (
    "select referral_id::text as key, health_centre from referral where state in ('invited', 'accepted')"
)
_ENDED: Final = {
    "activities": "select 1 from referral where referral_id::text = :key and has_ended and held_choice is null",
    "coordinator": "select 1 from referral where referral_id::text = :key and ended",
}
POISON: Final = (
    ("seat-events-v1", "/activities", "seat.reserved"),
    ("referral-events-v1", "/referral", "activity.chosen"),
    ("coordination-events-v1", "/coordinator", "contact.notified"),
)
"""One that each service cannot read: coordinator, activities, referral."""


@scenario()
async def repeats(world: World) -> None:
    """Events that were sent before come again, some hundreds at a time and in another order."""
    await world.pause(1, 3)
    there = await all_in(world.platform.broker.bootstrap_servers, *(topic.name for topic in topics.OURS))
    again = world.dice.sample(there, min(AT_ONCE, len(there)))
    producer = make_producer(world.platform.settings)
    async with producer:
        await asyncio.gather(*[await _send_again(producer, record) for record in again])
    world.tell(f"{len(again)} events came again")


async def _send_again(producer: AIOKafkaProducer, record: ConsumerRecord) -> asyncio.Future[object]:
    headers = list(record.headers)
    return await producer.send(record.topic, record.value, key=record.key, partition=record.partition, headers=headers)


@scenario()
async def poison(world: World) -> None:
    """Events that cannot be read come under a referral's key to every service; its withdrawal takes effect at once."""
    await world.pause(1, 2)
    under_way = [row for row in await world.platform.rows("referral", _UNDER_WAY) if row.key not in world.poisoned]
    if not under_way:
        return
    chosen = world.dice.choice(under_way)
    world.poisoned.add(chosen.key)
    producer = make_producer(world.platform.settings)
    async with producer:
        for topic, source, name in POISON:
            headers = {"ce_id": f"{POISON_ID}{chosen.key}", "ce_source": source, "ce_type": f"org.motesplats.{name}.v1"}
            encoded = [(header, value.encode()) for header, value in headers.items()]
            await producer.send_and_wait(topic, b"{}", key=chosen.key.encode(), headers=encoded)
    for service in ("activities", "coordinator", "referral"):
        await until(lambda service=service: _is_parked(world.platform, service, chosen.key), within=120, every=0.1)
    await world.load.withdraw(chosen.key, chosen.health_centre)
    for service, query in _ENDED.items():
        await until(
            lambda service=service, query=query: world.platform.rows(service, query, key=chosen.key),
            within=120,
            every=0.1,
        )
    world.tell(f"poisoned {chosen.key}, which was withdrawn all the same")


async def _is_parked(platform: Platform, service: str, key: str) -> bool:
    query = "select 1 from inbox where state = 'parked' and order_key = :key"
    return bool(await platform.rows(service, query, key=key))
