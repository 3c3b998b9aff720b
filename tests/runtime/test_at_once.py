"""What is handled when it lands, and what waits instead; the promises themselves are in `test_promises.py`."""

from services.runtime.at_once import Taken
from tests.runtime import toy
from tests.runtime.conftest import Toy, record
from tests.runtime.toy import BucketEmptied, DropFell


async def test_what_can_be_is_handled_when_it_lands_and_leaves_nothing_that_waits(service: Toy) -> None:
    stranger = record(DropFell(bucket="b", number=1), topic="test-strangers-v1-x")
    assert await service.at_once.take([record(DropFell(bucket="a", number=1)), stranger]) == Taken(2, 0, 0)
    assert await service.heard("a") == await service.heard("b") == "1"
    kept = await service.rows("select state, value, headers, key, ended_at from inbox")
    assert [tuple(row) for row in kept] == [("handled", None, None, None, service.now)] * 2
    assert await service.work() == 0


async def test_what_it_announces_is_told_once_it_is_committed(service: Toy) -> None:
    told: list[str] = []
    service.at_once.announced = lambda events: told.extend(event.key for event in events)
    await service.at_once.take([record(DropFell(bucket="bad", number=toy.SAVE_FAILS))])
    assert told == []
    await service.at_once.take([record(DropFell(bucket="a", number=1))])
    assert told == ["a"]


async def test_an_event_waits_when_its_lane_is_held_and_so_does_the_next_of_its_key(service: Toy) -> None:
    async with service.lane_held("a"):
        assert await service.at_once.take([record(DropFell(bucket="a", number=1))]) == Taken(0, 1, 0)
    assert await service.at_once.take([record(DropFell(bucket="a", number=2))]) == Taken(0, 1, 0)
    await service.work()
    assert await service.heard("a") == "1 2"
    assert await service.at_once.take([record(DropFell(bucket="a", number=3))]) == Taken(1, 0, 0)
    assert await service.heard("a") == "1 2 3"


async def test_a_key_waits_behind_its_failed_event_and_what_ends_things_overtakes(service: Toy) -> None:
    await service.at_once.take([record(DropFell(bucket="a", number=toy.HANDLER_REFUSES))])
    await service.work()
    assert await service.states() == {"parked": 1}
    later = [record(DropFell(bucket="a", number=2)), record(BucketEmptied(bucket="a", number=0))]
    assert await service.at_once.take([*later, record(DropFell(bucket="b", number=1))]) == Taken(1, 2, 0)
    await service.work()
    assert await service.heard("a") == "emptied"
    assert await service.states() == {"parked": 1, "held": 1, "handled": 2}


async def test_a_batch_in_which_one_fails_lands_to_wait_as_it_is(service: Toy) -> None:
    batch = [record(DropFell(bucket="a", number=n)) for n in (1, toy.HANDLER_FAILS, 3)]
    assert await service.at_once.take([*batch, record(DropFell(bucket="b", number=1))]) == Taken(0, 4, 0)
    assert await service.rows("select * from bucket") == await service.rows("select * from outbox") == []
    await service.work()
    assert (await service.heard("a"), await service.heard("b")) == ("1", "1")
    assert await service.states() == {"handled": 2, "waiting": 1, "held": 1}


async def test_an_event_that_cannot_be_read_waits_and_holds_back_nothing_but_its_key(service: Toy) -> None:
    unreadable = record(DropFell(bucket="a", number=1))
    unreadable.value = b"{"
    batch = [unreadable, record(DropFell(bucket="a", number=2)), record(DropFell(bucket="b", number=1))]
    assert await service.at_once.take(batch) == Taken(1, 2, 0)
    await service.work()
    assert await service.states() == {"handled": 1, "parked": 1, "held": 1}


async def test_a_repeat_among_new_events_changes_nothing_and_they_are_handled(service: Toy) -> None:
    first = record(DropFell(bucket="a", number=1))
    await service.at_once.take([first])
    assert await service.at_once.take([first, record(DropFell(bucket="a", number=2))]) == Taken(0, 1, 1)
    await service.work()
    assert await service.heard("a") == "1 2"
