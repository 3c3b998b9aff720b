"""The promises of the runtime, each on a real PostgreSQL: what lands is handled once, in order, or tells why not.

They hold for what is handled at once when it lands as for what waits for a worker.
"""

import pytest

from tests.runtime import toy
from tests.runtime.conftest import Record, Toy, record
from tests.runtime.toy import BucketEmptied, DropFell, LevelRose


@pytest.fixture(params=[False, True], ids=["waits", "at once"])
def service(service: Toy, request: pytest.FixtureRequest) -> Toy:
    service.handles_at_once = request.param
    return service


async def test_events_of_a_key_are_handled_in_the_order_of_landing(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket=name, number=n)) for n in range(20, 50) for name in "abc"))
    await service.work()
    for name in "abc":
        assert await service.heard(name) == " ".join(map(str, range(20, 50)))


async def test_a_repeated_event_changes_nothing(service: Toy) -> None:
    first = record(DropFell(bucket="a", number=1), event_id="one")
    assert await service.land(first, first) == (1, 1)
    await service.work()
    assert await service.land(record(DropFell(bucket="a", number=1), event_id="one")) == (0, 1)
    assert await service.work() == 0
    assert await service.heard("a") == "1"
    assert len(await service.rows("select * from outbox")) == 1


async def test_a_repeat_with_another_value_is_parked_and_holds_its_key(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=1), event_id="one"))
    await service.land(record(DropFell(bucket="a", number=2), event_id="one"))
    await service.land(record(DropFell(bucket="a", number=2), event_id="one"))
    await service.work()
    assert await service.heard("a") == "1"
    assert await service.states() == {"handled": 1, "parked": 1}


async def test_nothing_is_kept_of_a_value_that_was_handled(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=1)))
    await service.work()
    assert await service.rows("select value, headers, key from inbox") == [(None, None, None)]


async def test_a_value_on_a_topic_of_strangers_is_sealed_while_it_waits(service: Toy) -> None:
    async with service.lane_held("test-strangers-v1-x/readable"):
        await service.land(record(DropFell(bucket="readable", number=1), topic="test-strangers-v1-x"))
    [row] = await service.rows("select value from inbox")
    assert b"readable" not in row.value
    await service.work()
    assert await service.heard("readable") == "1"


async def test_the_effect_the_events_and_the_mark_commit_together_or_not_at_all(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=toy.SAVE_FAILS)))
    await service.work()
    assert await service.heard("a") is None
    assert await service.rows("select * from outbox") == []
    assert await service.states() == {"waiting": 1}


async def test_one_failure_holds_back_its_key_and_no_other(service: Toy) -> None:
    numbers = [1, toy.HANDLER_FAILS, 3]
    await service.land(*(record(DropFell(bucket="a", number=n)) for n in numbers))
    await service.land(*(record(DropFell(bucket="b", number=n)) for n in (1, 2, 3)))
    await service.work()
    assert await service.heard("a") == "1"
    assert await service.heard("b") == "1 2 3"
    assert await service.states() == {"handled": 4, "waiting": 1, "held": 1}


async def test_what_failed_is_tried_again_with_growing_pauses_and_then_parked(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket="a", number=n)) for n in (toy.HANDLER_FAILS, 2)))
    await service.work()
    for pause in (1, 5, 25):
        await service.later(pause)
        assert await service.states() == {"waiting": 1, "held": 1}
    await service.later(125)
    assert await service.states() == {"parked": 1, "held": 1}
    [row] = await service.rows("select error from inbox where state = 'parked'")
    assert row.error == [{"path": "", "rule": "builtins.RuntimeError"}]


async def test_a_cause_that_was_mended_lets_the_key_flow_again_in_order(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket="a", number=n)) for n in (1, toy.HANDLER_FAILS, 3)))
    await service.work()
    await service.land(record(DropFell(bucket="a", number=4)))
    await service.work()
    toy.mended.append(True)
    await service.later(1)
    assert await service.heard("a") == f"1 {toy.HANDLER_FAILS} 3 4"


async def test_what_ends_things_overtakes_a_parked_event(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket="a", number=n)) for n in (toy.HANDLER_REFUSES, 2)))
    await service.land(record(BucketEmptied(bucket="a", number=0)))
    await service.work()
    assert await service.heard("a") == "emptied"
    assert await service.states() == {"parked": 1, "held": 1, "handled": 1}


async def test_a_failing_save_of_many_is_redone_event_by_event(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket=f"b{n}", number=n)) for n in range(20, 40)))
    await service.land(record(DropFell(bucket="bad", number=toy.SAVE_FAILS)))
    await service.land(*(record(DropFell(bucket=f"b{n}", number=n)) for n in range(40, 60)))
    await service.work()
    assert await service.states() == {"handled": 40, "waiting": 1}


async def test_an_unknown_type_is_parked_and_a_known_one_without_handler_is_not_stored(service: Toy) -> None:
    unknown = record(DropFell(bucket="a", number=1))
    unknown.headers = [(name, b"org.example.else" if name == "ce_type" else value) for name, value in unknown.headers]
    await service.land(unknown, record(LevelRose(bucket="a", drops=1)))
    await service.work()
    assert await service.states() == {"parked": 1}


async def test_unreadable_events_are_parked_with_path_and_rule_and_strangers_are_told(service: Toy) -> None:
    bad = record(DropFell(bucket="a", number=1), topic="test-strangers-v1-x")
    bad.value = b'{"bucket": "a", "number": "one", "more": "secret"}'
    await service.land(bad, record(DropFell(bucket="b", number=1)))
    await service.work()
    assert await service.heard("b") == "1"
    [row] = await service.rows("select error from inbox where state = 'parked'")
    assert [error["path"] for error in row.error] == ["number", "more"]
    [answer] = await service.rows("select topic, value from outbox where topic = 'test-answers-v1'")
    assert b'"path":"number"' in answer.value
    assert b"secret" not in answer.value + str(row.error).encode()


async def test_no_header_key_or_value_can_keep_its_neighbours_from_landing(service: Toy) -> None:
    strange = [
        Record("test-drops-v1", None, None),
        Record("test-drops-v1", b"\xff\x00", b"\xff"),
        Record("test-drops-v1", b"a", b"{", [("ce_id", None), ("ce_type", b"\xff\x00"), ("reply_to", b"test-x")]),
        Record("test-drops-v1", b"b", b"x" * 900_000, [("ce_id", b"i" * 5000), ("ce_source", b"/s")]),
    ]
    await service.land(*strange, record(DropFell(bucket="z", number=1)))
    await service.work()
    assert await service.heard("z") == "1"
    assert await service.states() == {"parked": 4, "handled": 1}


async def test_each_event_of_a_key_carries_the_next_number_of_its_epoch(service: Toy) -> None:
    await service.land(*(record(DropFell(bucket="a", number=n)) for n in (1, 2)))
    await service.work()
    await service.land(record(DropFell(bucket="a", number=3)))
    await service.work()
    rows = await service.rows("select sequence from outbox order by id")
    assert [row.sequence for row in rows] == [f"000001{n:014d}" for n in (1, 2, 3)]
