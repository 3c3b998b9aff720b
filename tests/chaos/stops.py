"""Graceful stops under load: each is to be soon, in good order, and leave next to nothing to come again."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.runtime.broker import connection, group_of, partitions_by_topic
from tests.chaos.instances import Instance
from tests.chaos.platform import INSTANCES, SERVICES, Platform
from tests.chaos.world import World, scenario
from tests.support.waiting import until

STOPS_WITHIN: Final = 10.0
IN_HAND: Final = 500
"""Events in a batch: so many may come again after a stop, whatever it was that was stopped."""
PATIENCE_SECONDS: Final = 180.0
REPEATED: Final = "motesplats_repeated_total"
HARMLESS: Final = ("info", "debug", "warning")
CLEAN: Final = (0, -signal.SIGTERM)
"""How a process ends that was asked to: uvicorn hands on the signal when all is done."""
Offsets = dict[TopicPartition, int]


@scenario(least=INSTANCES)
async def stops(world: World) -> None:
    """An instance of each service is asked to end: it does within ten seconds, no error, no more than a batch again."""
    await world.pause(2, 4)
    stopped = [each for each in world.platform.instances if each.number == world.steps % INSTANCES + 1]
    others = [each for each in world.platform.instances if each not in stopped]
    before = await _repeated(others)
    seconds = await asyncio.gather(*(_stop(world, each) for each in stopped))
    for each in stopped:
        each.start()
    await world.platform.everybody_is_ready()
    await _all_until_now_has_landed(world.platform)
    again = await _repeated(world.platform.instances) - before
    if again > IN_HAND:
        world.load.surprises.append(f"{again} events came again after a stop")
    world.stopped_after.extend(seconds)
    world.tell(f"stopped number {stopped[0].number} of each within {max(seconds)} s, {again} events came again")


async def _stop(world: World, instance: Instance) -> float:
    """Stop the instance and return how many seconds that took; what is not as promised is a surprise."""
    there, asked = instance.log.stat().st_size, monotonic()
    status = await instance.stop()
    seconds = round(monotonic() - asked, 2)
    found = Counter(unclean(instance.log.read_bytes()[there:].decode(errors="replace").splitlines()))
    if status not in CLEAN:
        found[f"status {status}"] += 1
    if seconds > STOPS_WITHIN:
        found[f"{seconds} s"] += 1
    world.load.surprises.extend(f"{instance.name} stopped with {what}, {n} times" for what, n in found.items())
    return seconds


def unclean(lines: Iterable[str]) -> Iterator[str]:
    """Yield what a log should not hold of a stop: errors, and lines that no logger wrote, as those of a traceback."""
    for line in lines:
        try:
            written = json.loads(line)
        except ValueError:
            written = {"level": "no level", "event": line}
        if written["level"] not in HARMLESS:
            yield f"{written['level']}: {written['event']}"


async def _repeated(instances: Iterable[Instance]) -> int:
    return sum([int(await each.metric(REPEATED)) for each in instances])


async def _all_until_now_has_landed(platform: Platform) -> None:
    """Return when each service has acknowledged all that stands on its topics now: what comes again, came again."""
    groups = [*map(group_of, SERVICES), group_of("referral", requests=True)]
    ends = await _ends(platform)

    async def landed() -> bool:
        acknowledged = [await _acknowledged(platform, group, ends) for group in groups]
        return all(offset >= ends[place] for found in acknowledged for place, offset in found.items())

    await until(landed, within=PATIENCE_SECONDS)


async def _ends(platform: Platform) -> Offsets:
    topics = await partitions_by_topic(platform.settings)
    consumer = AIOKafkaConsumer(**connection(platform.settings))
    await consumer.start()
    try:
        return dict(await consumer.end_offsets([place for places in topics.values() for place in places]))
    finally:
        await consumer.stop()


async def _acknowledged(platform: Platform, group: str, places: Iterable[TopicPartition]) -> Offsets:
    """Return where the group is on the partitions of the topics that it reads."""
    admin = AIOKafkaAdminClient(**connection(platform.settings))
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group, partitions=list(places))
    finally:
        await admin.close()
    read = {place.topic for place, committed in found.items() if committed.offset >= 0}
    return {place: max(0, committed.offset) for place, committed in found.items() if place.topic in read}
