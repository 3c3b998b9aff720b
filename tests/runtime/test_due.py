"""What time brings: each deadline once, nothing stands still, nothing is kept for ever."""

import asyncio
from datetime import timedelta

import pytest

from services.runtime import due
from services.runtime.connection import Database
from services.runtime.due import sweep
from services.runtime.transaction import transaction
from tests.runtime import toy
from tests.runtime.conftest import Toy, record
from tests.runtime.toy import DropFell, LevelRose

HOUR = 3600
STALE = {"stale": f"select name as key, '{LevelRose.topic}' as topic from bucket where drops > 0"}


async def fill(service: Toy, *numbers: int, name: str = "a") -> None:
    """Let drops fall, and have what they caused sent."""
    await service.land(*(record(DropFell(bucket=name, number=n)) for n in numbers))
    await service.work()
    await service.run("update outbox set sent_at = :now", now=service.now)


async def test_a_deadline_fires_once_when_it_is_due(service: Toy) -> None:
    await fill(service, toy.DRIES)
    await service.later(HOUR - 1)
    assert await service.heard("a") == f"{toy.DRIES}"
    await service.later(1)
    await service.later(10 * HOUR)
    assert await service.heard("a") == f"{toy.DRIES} dry"


async def test_a_deadline_is_handled_no_earlier_than_it_was_due_by_a_process_whose_time_is_behind(service: Toy) -> None:
    await fill(service, toy.DRIES)
    when_due = service.now + timedelta(seconds=HOUR)
    await due.fire_deadlines(service.engine, when_due)
    service.now = when_due - timedelta(milliseconds=50)
    await service.work()
    handled = "select ended_at from inbox where type = 'motesplats.deadline.dry' and state = 'handled'"
    assert await service.rows(handled) == [(when_due,)]


async def test_a_deadline_that_is_taken_back_never_fires(service: Toy) -> None:
    await fill(service, toy.DRIES, toy.WET_AGAIN)
    await fill(service, toy.DRIES, name="b")
    await fill(service, toy.WET_AGAIN, name="b")
    await service.later(10 * HOUR)
    assert await service.heard("a") == await service.heard("b") == f"{toy.DRIES} {toy.WET_AGAIN}"


async def test_a_deadline_set_again_fires_at_the_new_time_only(service: Toy) -> None:
    await fill(service, toy.DRIES)
    await service.later(HOUR / 2)
    await fill(service, toy.DRIES)
    await service.later(HOUR / 2)
    assert await service.heard("a") == f"{toy.DRIES} {toy.DRIES}"
    await service.later(HOUR / 2)
    assert await service.heard("a") == f"{toy.DRIES} {toy.DRIES} dry"


async def test_a_key_that_met_its_deadline_can_have_another(service: Toy) -> None:
    for _ in range(2):
        await fill(service, toy.DRIES)
        await service.later(HOUR)
    assert await service.heard("a") == f"{toy.DRIES} dry {toy.DRIES} dry"


async def test_processes_that_look_at_the_same_time_fire_each_deadline_once(
    service: Toy, other_engine: Database
) -> None:
    async with transaction(service.engine, 1, service.now) as tx:
        for n in range(1200):
            tx.set_deadline("dry", f"b{n}", service.now)
    fired = 0
    while found := sum(
        await asyncio.gather(*(due.fire_deadlines(e, service.now) for e in (service.engine, other_engine) * 2))
    ):
        fired += found
    assert fired == 1200
    await service.work()
    assert await service.rows("select count(*), count(distinct name), min(heard), max(heard) from bucket") == [
        (1200, 1200, "dry ", "dry ")
    ]


async def test_a_deadline_commits_with_the_event_that_set_it_or_not_at_all(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=toy.SAVE_FAILS)))
    await service.work()
    assert await service.rows("select * from deadline") == []
    await service.land(record(DropFell(bucket="b", number=toy.DRIES)))
    await service.work()
    assert len(await service.rows("select * from deadline")) == len(await service.rows("select * from outbox")) == 1


async def test_a_deadline_of_a_key_waits_behind_its_parked_event(service: Toy) -> None:
    await fill(service, toy.DRIES)
    await fill(service, toy.HANDLER_REFUSES)
    await service.later(HOUR)
    assert await service.heard("a") == f"{toy.DRIES}"
    assert await service.states() == {"handled": 1, "parked": 1, "held": 1}


async def test_what_waits_is_woken_when_its_pause_is_over_and_not_before(service: Toy) -> None:
    await fill(service, toy.HANDLER_FAILS, 2)
    toy.mended.append(True)
    assert await due.wake_waiting(service.engine, service.now) == 0
    assert await due.wake_waiting(service.engine, service.now + timedelta(seconds=1)) == 2
    await service.work()
    assert await service.heard("a") == f"{toy.HANDLER_FAILS} 2"


async def test_the_sweep_drives_a_key_that_stands_still_again_until_it_moves(service: Toy) -> None:
    await fill(service, 1)
    for _ in range(2):
        service.now += timedelta(minutes=5)
        assert await sweep(service.engine, STALE, service.now) == 1
        assert await sweep(service.engine, STALE, service.now) == 0
        await service.work()
    assert await service.heard("a") == "1 stirred stirred"


@pytest.mark.parametrize("on_its_way", ["an event", "a parked event", "an announcement", "a deadline"])
async def test_the_sweep_leaves_a_key_alone_that_has_something_on_its_way(service: Toy, on_its_way: str) -> None:
    await fill(service, 1)
    await fill(service, 1, name="b")
    match on_its_way:
        case "an event":
            await service.land(record(DropFell(bucket="a", number=2)))
        case "a parked event":
            await fill(service, toy.HANDLER_REFUSES)
        case "an announcement":
            await service.run("update outbox set sent_at = null where key = 'a'")
        case "a deadline":
            await fill(service, toy.DRIES)
    assert await sweep(service.engine, STALE, service.now) == 1
    await service.work()
    assert "stirred" not in str(await service.heard("a"))
    assert await service.heard("b") == "1 stirred"


async def test_what_waits_for_a_topic_that_is_missing_does_not_hide_a_key_that_stands_still(service: Toy) -> None:
    await fill(service, 1)
    await service.run("update outbox set sent_at = null, topic = 'test-answers-v1-of-a-stranger'")
    assert await sweep(service.engine, STALE, service.now) == 1


async def test_the_sweep_frees_what_is_held_behind_nothing(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket="a", number=n)) for n in (1, 2)))
    await service.run("update inbox set state = 'held'")
    await fill(service, toy.HANDLER_REFUSES, 4, name="b")
    assert await sweep(service.engine, {}, service.now) == 2
    await service.work()
    assert await service.heard("a") == "1 2"
    assert await service.states() == {"handled": 2, "parked": 1, "held": 1}


async def test_one_sweep_at_a_time_is_enough(service: Toy, other_engine: Database) -> None:
    await fill(service, 1)
    found = await asyncio.gather(*(sweep(e, STALE, service.now) for e in (service.engine, other_engine) * 2))
    assert sum(found) == 1


async def test_sent_events_are_kept_for_seven_days_and_unsent_ones_until_they_are_sent(service: Toy) -> None:
    await fill(service, 1)
    await service.land(record(DropFell(bucket="b", number=1)))
    await service.work()
    await sweep(service.engine, {}, service.now + timedelta(days=7))
    assert len(await service.rows("select * from outbox")) == 2
    await sweep(service.engine, {}, service.now + timedelta(days=7, seconds=1))
    assert await service.rows("select key, sent_at from outbox") == [("b", None)]


async def test_the_mark_of_a_handled_event_is_kept_for_fourteen_days(service: Toy) -> None:
    first = record(DropFell(bucket="a", number=1))
    await service.land(first, record(DropFell(bucket="b", number=toy.HANDLER_REFUSES)))
    await service.work()
    await sweep(service.engine, {}, service.now + timedelta(days=14))
    assert await service.land(first) == (0, 1)
    await sweep(service.engine, {}, service.now + timedelta(days=14, seconds=1))
    assert await service.states() == {"parked": 1}


async def test_one_sweep_ends_all_that_outlived_its_retention(service: Toy) -> None:
    many = due.DROPPED_AT_ONCE * 2
    await service.run(
        "insert into inbox (identity, lane, order_key, topic, type, digest, state, landed_at, ended_at) "
        "select sha256(n::text::bytea), 0, 'a', '', '', '', 'handled', :now, :now from generate_series(1, :many) n",
        now=service.now,
        many=many,
    )
    await service.run(
        "insert into outbox (lane, topic, key, event_id, type, time, sent_at) "
        "select 0, '', 'a', '', '', :now, :now from generate_series(1, :many) n",
        now=service.now,
        many=many,
    )
    await sweep(service.engine, {}, service.now + timedelta(days=15))
    assert await service.rows("select (select count(*) from inbox), (select count(*) from outbox)") == [(0, 0)]
