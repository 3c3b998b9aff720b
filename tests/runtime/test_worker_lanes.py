"""Several workers on the same lanes: each event once, each key in order, whoever dies half way."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import asyncpg
import pytest
from sqlalchemy import text

from services.runtime.at_once import AtOnce, Taken
from services.runtime.connection import Database
from services.runtime.database import is_away
from services.runtime.lanes import INBOX_LOCK, LANES, lane_of
from services.runtime.worker import Worker
from tests.runtime import toy
from tests.runtime.conftest import Record, Toy, record
from tests.runtime.toy import DropFell
from tests.support.waiting import until

TERMINATE_A_LANE_HOLDER = (
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' "
    "and database = (select oid from pg_database where datname = current_database()) limit 1"
)


def another_worker(service: Toy, engine: Database) -> Worker[toy.Work]:
    return Worker(engine, service.worker.handlers, service.reading, list(range(LANES)), epoch=1)


def shuffled(buckets: int, drops: int) -> Iterable[Record]:
    """Return drops 20, 21, ... for each bucket, the buckets mixed."""
    order = [f"b{n}" for n in range(buckets)] * drops
    Random(7).shuffle(order)  # noqa: S311 - no secret
    fallen: dict[str, int] = {}
    for name in order:
        fallen[name] = fallen.get(name, 19) + 1
        yield record(DropFell(bucket=name, number=fallen[name]))


async def work_to_the_end(worker: Worker[toy.Work], service: Toy) -> int:
    """Handle until nothing is ready any more, whoever handled it, also when connections are lost."""
    total = 0
    while True:
        try:
            done = await worker.run_once(service.now)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if not is_away(error):
                raise
            continue
        total += done
        if not done and "ready" not in await service.states():
            return total


async def assert_all_heard_in_order(service: Toy, buckets: int, drops: int) -> None:
    expected = "".join(f"{n} " for n in range(20, 20 + drops))
    rows = await service.rows("select heard, drops, sequence from bucket")
    assert [tuple(row) for row in rows] == [(expected, drops, drops)] * buckets
    assert await service.states() == {"handled": buckets * drops}
    # Each event caused one other, and a key's are numbered in the order in which they stand in the outbox.
    sent = await service.rows("select key, array_agg(sequence order by id) as numbers from outbox group by key")
    assert len(sent) == buckets
    assert all(row.numbers == [f"000001{n:014d}" for n in range(1, drops + 1)] for row in sent)


def test_a_key_travels_in_the_same_lane_for_ever() -> None:
    keys = ("", "a", "0d0f2c5e-4a57-4b8e-9a53-1f0c4f6f5b7a", "SE-0180", "referral-requests-v1-hsa-SE1/å")
    assert [lane_of(key) for key in keys] == [0, 3, 14, 15, 6]


def test_keys_spread_evenly_over_the_lanes() -> None:
    found = [lane_of(f"key-{n}") for n in range(16_000)]
    assert all(800 < found.count(lane) < 1200 for lane in range(LANES))


async def test_two_workers_share_thousands_of_events_each_once_and_each_key_in_order(
    service: Toy, other_engine: Database
) -> None:
    await service.land(*shuffled(buckets=100, drops=40))
    workers = (service.worker, another_worker(service, other_engine))
    handled = await asyncio.gather(*(work_to_the_end(worker, service) for worker in workers))
    assert sum(handled) == 4000
    await assert_all_heard_in_order(service, buckets=100, drops=40)


async def test_events_that_land_while_workers_work_are_handled_in_order_too(
    service: Toy, other_engine: Database
) -> None:
    records = list(shuffled(buckets=30, drops=30))
    await service.land(*records[:100])

    async def land_the_rest() -> None:
        for start in range(100, len(records), 50):
            await service.land(*records[start : start + 50])

    workers = (service.worker, another_worker(service, other_engine))
    await asyncio.gather(land_the_rest(), *(work_to_the_end(worker, service) for worker in workers))
    await service.work()
    await assert_all_heard_in_order(service, buckets=30, drops=30)


async def test_events_that_land_in_two_processes_are_handled_once_and_in_order_at_once_or_by_workers(
    service: Toy, other_engine: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.worker.BATCH", 50)
    records = list(shuffled(buckets=60, drops=50))
    other = another_worker(service, other_engine)
    processes = [service.at_once, replace(service.at_once, engine=other_engine, turn=other.turn)]
    # A key's partition has one reader at a time, and the lanes of two readers' keys are the same lanes.
    halves = [[each for each in records if len(each.key or b"") % 2 == part] for part in (0, 1)]
    taken: list[Taken] = []

    async def read(at_once: AtOnce[toy.Work], half: list[Record]) -> None:
        brought_again = 5
        starts = range(0, len(half), 40)
        taken.extend([await at_once.take(half[max(0, start - brought_again) : start + 40]) for start in starts])

    await asyncio.gather(
        *(read(at_once, half) for at_once, half in zip(processes, halves, strict=True)),
        *(work_to_the_end(worker, service) for worker in (service.worker, other)),
    )
    await service.work()
    assert sum(each.handled + each.waiting for each in taken) == len(records)
    await assert_all_heard_in_order(service, buckets=60, drops=50)


async def test_a_lane_that_is_held_is_left_alone_and_the_others_are_worked(
    service: Toy, other_engine: Database
) -> None:
    await service.land(*(record(DropFell(bucket=f"b{n}", number=20)) for n in range(200)))
    mine = lane_of("b0")
    async with other_engine.begin() as holder:
        await holder.execute(text(f"select pg_advisory_xact_lock({INBOX_LOCK}, {mine})"))
        await service.work()
        left = await service.rows("select distinct lane from inbox where state = 'ready'")
    assert left == [(mine,)]
    await service.work()
    assert await service.states() == {"handled": 200}


async def test_a_worker_that_loses_its_connection_in_the_middle_leaves_nothing_half_done(
    service: Toy, other_engine: Database
) -> None:
    await service.land(*shuffled(buckets=20, drops=10))
    doomed = another_worker(service, other_engine)
    killed: list[int] = []

    async def die(work: toy.Work) -> None:
        await toy.save(work)
        killed.append(int(await work.tx.connection.scalar(text("select pg_backend_pid()")) or 0))
        await service.rows("select pg_terminate_backend(:pid)", pid=killed[-1])

    doomed.handlers = toy.make_handlers()
    doomed.handlers.save = die
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as lost:
        await doomed.run_once(service.now)
    assert killed
    assert is_away(lost.value)
    assert await service.rows("select * from bucket") == await service.rows("select * from outbox") == []
    assert await service.states() == {"ready": 200}
    assert await service.work() == 200
    await assert_all_heard_in_order(service, buckets=20, drops=10)


async def test_a_storm_of_lost_connections_loses_nothing_and_repeats_nothing(
    service: Toy, other_engine: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.worker.BATCH", 100)
    await service.land(*shuffled(buckets=40, drops=100))

    async def strike() -> None:
        for _ in range(5):
            await until(lambda: service.rows(TERMINATE_A_LANE_HOLDER))

    workers = [another_worker(service, other_engine) for _ in range(2)]
    await asyncio.gather(strike(), *(work_to_the_end(worker, service) for worker in workers))
    await assert_all_heard_in_order(service, buckets=40, drops=100)


async def test_a_value_that_the_database_refuses_holds_back_its_key_and_no_other(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=toy.OVERFLOWS)), record(DropFell(bucket="a", number=2)))
    await service.land(*(record(DropFell(bucket=f"b{n}", number=20)) for n in range(40)))
    await service.work()
    assert await service.states() == {"handled": 40, "waiting": 1, "held": 1}


async def test_an_event_that_cannot_be_read_holds_back_what_landed_with_it_under_its_key(service: Toy) -> None:
    unreadable = record(DropFell(bucket="a", number=2))
    unreadable.value = b"{"
    await service.land(record(DropFell(bucket="a", number=1)), unreadable, record(DropFell(bucket="a", number=3)))
    await service.land(record(DropFell(bucket="b", number=1)))
    await service.work()
    assert await service.heard("a") == "1"
    assert await service.heard("b") == "1"
    assert await service.states() == {"handled": 2, "parked": 1, "held": 1}


async def test_what_a_stranger_writes_in_a_header_chooses_no_handler(service: Toy) -> None:
    for kind in (b"org.motesplats.test.bucket_emptied.v1", b"motesplats.deadline.dry", b"no such type"):
        drop = record(DropFell(bucket="a", number=1), topic="test-strangers-v1-x")
        drop.headers = [(name, kind if name == "ce_type" else value) for name, value in drop.headers]
        await service.land(drop)
    await service.work()
    assert await service.heard("a") == "1 1 1"
