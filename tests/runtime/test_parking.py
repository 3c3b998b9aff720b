"""What operators do with what was set aside, and what an erasure leaves of it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.runtime.connection import Database
from services.runtime.lanes import INBOX_LOCK, lane_of
from services.runtime.parking import announce_again, drop, parked_events, parked_value, retry
from services.runtime.transaction import transaction
from tests.runtime import toy
from tests.runtime.conftest import Toy, record
from tests.runtime.toy import DropFell
from tests.support.waiting import until

STRANGERS = "test-strangers-v1-x"


async def park(service: Toy, *after: int, bucket: str = "a") -> int:
    """Have an event parked and others held behind it; return its number."""
    numbers = (toy.HANDLER_REFUSES, *after)
    await service.land(*(record(DropFell(bucket=bucket, number=n)) for n in numbers))
    await service.work()
    return (await parked_events(service.engine))[-1].id


async def test_the_list_tells_why_since_when_and_how_many_wait_behind(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=toy.HANDLER_REFUSES)))
    landed_at = service.now
    service.now += timedelta(hours=1)
    await service.work()
    await park(service, 2, 3, bucket="b")
    first, second = await parked_events(service.engine)
    assert (first.topic, first.type, first.key) == (DropFell.topic, DropFell.type(), "a")
    assert first.errors == [{"path": "number", "rule": "must be a lucky one"}]
    assert (first.landed_at, first.parked_at, first.attempts) == (landed_at, service.now, 1)
    assert (first.held, second.held) == (0, 2)
    assert await parked_events(service.engine, limit=1) == [first]


async def test_a_sealed_value_is_shown_as_it_was_sent(service: Toy) -> None:
    sent = record(DropFell(bucket="a", number=toy.HANDLER_REFUSES), topic=STRANGERS)
    await service.land(sent)
    await service.work()
    [parked] = await parked_events(service.engine)
    shown = await parked_value(service.engine, service.reading, parked.id)
    assert shown == ({name: str(value, "utf-8") for name, value in sent.headers if value}, sent.value)


async def test_a_repeat_with_another_value_is_shown_too(service: Toy) -> None:
    for number in (1, 2):
        await service.land(record(DropFell(bucket="a", number=number), event_id="one", topic=STRANGERS))
    [parked] = await parked_events(service.engine)
    shown = await parked_value(service.engine, service.reading, parked.id)
    assert shown is not None
    assert shown[1] == DropFell(bucket="a", number=2).model_dump_json().encode()


async def test_what_is_not_parked_is_neither_shown_nor_retried_nor_dropped(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=1)))
    [row] = await service.rows("select id from inbox")
    for number in (row.id, 4711):
        assert await parked_value(service.engine, service.reading, number) is None
        assert not await retry(service.engine, number)
        assert not await drop(service.engine, number, service.now)
    await service.work()
    assert await service.heard("a") == "1"


async def test_what_is_retried_in_vain_is_parked_again(service: Toy) -> None:
    number = await park(service, 2)
    service.now += timedelta(hours=1)
    assert await retry(service.engine, number)
    assert await parked_events(service.engine) == []
    await service.work()
    [again] = await parked_events(service.engine)
    assert (again.id, again.parked_at, again.held) == (number, service.now, 1)


async def test_what_is_retried_after_mending_lets_its_key_flow_in_order(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket="a", number=n)) for n in (1, toy.HANDLER_FAILS, 3)))
    await service.work()
    for pause in (1, 5, 25, 125):
        await service.later(pause)
    await service.land(record(DropFell(bucket="a", number=4)))
    await service.work()
    toy.mended.append(True)
    [parked] = await parked_events(service.engine)
    assert await retry(service.engine, parked.id)
    await service.work()
    assert await service.heard("a") == f"1 {toy.HANDLER_FAILS} 3 4"
    assert await service.states() == {"handled": 4}


async def test_what_is_dropped_is_gone_for_good_and_frees_its_key(service: Toy) -> None:
    first = record(DropFell(bucket="a", number=toy.HANDLER_REFUSES))
    await service.land(first, record(DropFell(bucket="a", number=2)))
    await service.work()
    [parked] = await parked_events(service.engine)
    assert await drop(service.engine, parked.id, service.now)
    await service.work()
    assert await service.heard("a") == "2"
    assert await service.land(first) == (0, 1)
    assert await service.states() == {"dropped": 1, "handled": 1}
    assert await service.rows("select value, headers, key from inbox where state = 'dropped'") == [(None, None, None)]


async def test_a_later_parked_event_that_is_retried_still_waits_for_the_first(service: Toy) -> None:
    number = await park(service)
    await service.land(record(DropFell(bucket="a", number=1), event_id="one"))
    await service.land(record(DropFell(bucket="a", number=2), event_id="one"))
    await service.work()
    _, later = await parked_events(service.engine)
    assert await retry(service.engine, later.id)
    await service.work()
    assert await service.heard("a") is None
    assert await drop(service.engine, number, service.now)
    await service.work()
    assert await service.heard("a") == "1 2"


async def test_an_operator_waits_for_the_worker_that_holds_the_lane(service: Toy, other_engine: Database) -> None:
    number = await park(service)
    async with other_engine.begin() as worker:
        await worker.execute(text(f"select pg_advisory_xact_lock({INBOX_LOCK}, {lane_of('a')})"))
        dropping = asyncio.create_task(drop(service.engine, number, service.now))
        await until(lambda: service.rows("select 1 from pg_locks where locktype = 'advisory' and not granted"))
        assert not dropping.done()
    assert await dropping


async def test_everything_since_a_time_is_announced_again_and_nothing_older(service: Toy) -> None:
    for name in ("old", "new", "unsent"):
        await service.land(record(DropFell(bucket=name, number=1)))
        await service.work()
        service.now += timedelta(hours=1)
    await service.run("update outbox set sent_at = :now where key <> 'unsent'", now=service.now)
    assert await announce_again(service.engine, service.now - timedelta(hours=2)) == 1
    rows = await service.rows("select key from outbox where sent_at is null order by id")
    assert [row.key for row in rows] == ["new", "unsent"]


@pytest.mark.parametrize("topic", [DropFell.topic, STRANGERS])
async def test_an_erasure_leaves_nothing_of_its_key_that_was_sent_or_set_aside(service: Toy, topic: str) -> None:
    for bucket in ("a", "b"):
        numbers = (1, toy.HANDLER_REFUSES, 3)
        await service.land(*(record(DropFell(bucket=bucket, number=n), topic=topic) for n in numbers))
    await service.work()
    async with transaction(service.engine, 1, service.now) as tx:
        await tx.forget("a")
    left = await service.rows("select distinct key from outbox union select distinct key from inbox where value <> ''")
    assert [row.key for row in left] == ["b"]
    assert [parked.key.rpartition("/")[2] for parked in await parked_events(service.engine)] == ["b"]
    await service.work()
    assert await service.heard("a") == "1"
    assert await service.states() == {"handled": 2, "dropped": 2, "parked": 1, "held": 1}
