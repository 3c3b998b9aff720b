"""What the runtime promises, whatever broker carries: the same tests on each, and many times at once.

`make test-real` runs them on Tansu and on Apache Kafka, `make universal` twenty times in parallel.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import CommitFailedError

from services.runtime import parking
from services.runtime.broker import group_of, members_of
from services.runtime.parking import Parked
from services.runtime.telemetry import REGISTRY
from services.runtime.transaction import utc_now
from tests.runtime.conftest import record
from tests.support.waiting import until
from tests.universal.conftest import BUCKETS, Reader, Stage

pytestmark = pytest.mark.real

BACKLOG = int(os.environ.get("BACKLOG", "6000"))
SLOWEST_A_SECOND = 100
"""Events a second below which a backlog counts as stuck: a hundredth of what is usual, for machines that are busy."""
FIRST = 2_000
"""The number of the first drop: smaller ones mean something to the toy."""
LANDED_AT_ONCE = 500
STOPS_WITHIN = 10


def drops(number: int, after: int = 0) -> range:
    """Return the numbers of so many drops, after so many others."""
    return range(FIRST + after, FIRST + after + number)


def repeats() -> float:
    return REGISTRY.get_sample_value("motesplats_repeated_total") or 0


async def test_events_of_a_key_are_handled_and_announced_in_order(stage: Stage) -> None:
    reader = await stage.reader()
    async with reader.process().running():
        await stage.send(drops(40))
        await reader.heard_each_once_and_in_order(drops(40))


async def test_what_was_stored_and_not_acknowledged_is_brought_again_and_changes_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise CommitFailedError

    reader, before = await stage.reader(), repeats()
    with monkeypatch.context() as broken:
        broken.setattr(AIOKafkaConsumer, "commit", fail)
        async with reader.process().running():
            await stage.send(drops(10))
            await reader.heard_each_once_and_in_order(drops(10))
    async with reader.process().running():
        await stage.send(drops(10, after=10))
        await until(lambda: repeats() >= before + 10 * len(BUCKETS))
        await reader.heard_each_once_and_in_order(drops(20))


async def test_a_group_that_comes_later_hears_all_from_the_beginning(stage: Stage) -> None:
    first, second = await stage.reader(), await stage.reader()
    async with first.process().running():
        await stage.send(drops(10))
        await first.heard_each_once_and_in_order(drops(10))
        async with second.process().running():
            await second.heard_each_once_and_in_order(drops(10))


async def test_what_came_while_nobody_was_there_is_heard_after_the_start(stage: Stage) -> None:
    reader = await stage.reader()
    async with reader.process().running():
        await stage.send(drops(10))
        await reader.heard_each_once_and_in_order(drops(10))
    await stage.send(drops(20, after=10))
    async with reader.process().running():
        await reader.heard_each_once_and_in_order(drops(30))


async def test_two_processes_share_the_work_also_when_one_is_started_again(stage: Stage) -> None:
    reader = await stage.reader()
    async with reader.process("1").running():
        async with reader.process("2").running():
            await until(lambda: both_read(stage, reader.name))
            sending = asyncio.create_task(stage.send(drops(60)))
            await until(partial(reader.has_handled, 300))
        async with reader.process("2").running():
            await sending
            await reader.heard_each_once_and_in_order(drops(60))


async def both_read(stage: Stage, name: str) -> bool:
    return await members_of(stage.settings, [group_of(name)]) == [2]


async def test_poison_is_parked_and_holds_back_its_own_key_alone(stage: Stage) -> None:
    reader = await stage.reader()
    poison = record(stage.drops(bucket="poisoned", number=FIRST))
    poison.value = b'{"bucket": '
    async with reader.process().running():
        await stage.send_records([poison])
        await stage.send(drops(10), ["poisoned", *BUCKETS])
        await reader.heard_each_once_and_in_order(drops(10))
        [parked] = await until(lambda: parked_and_holding(reader, 10))
        assert parked.key == "poisoned"

        assert await parking.drop(reader.engine, parked.id, utc_now())
        await reader.heard_each_once_and_in_order(drops(10), ["poisoned", *BUCKETS])


async def parked_and_holding(reader: Reader, events: int) -> list[Parked]:
    return [parked for parked in await parking.parked_events(reader.engine) if parked.held == events]


@pytest.mark.timeout(300 + 2 * BACKLOG // SLOWEST_A_SECOND)  # to send it, and to work it off
async def test_a_long_backlog_is_worked_off_in_order(stage: Stage) -> None:
    reader, many = await stage.reader(), [f"b{n}" for n in range(100)]
    numbers = drops(BACKLOG // len(many))
    await stage.send(numbers, many)
    async with reader.process().running():
        await reader.heard_each_once_and_in_order(numbers, many, within=200 + BACKLOG / SLOWEST_A_SECOND)


async def test_a_stop_under_load_ends_soon_and_loses_nothing(stage: Stage) -> None:
    reader, before = await stage.reader(), repeats()
    sending = asyncio.create_task(stage.send(drops(100)))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(reader.process().running())
        await until(partial(reader.has_handled, 500))
        async with asyncio.timeout(STOPS_WITHIN):
            await stack.aclose()
    async with reader.process().running():
        await sending
        await reader.heard_each_once_and_in_order(drops(100))
    assert repeats() - before <= LANDED_AT_ONCE
