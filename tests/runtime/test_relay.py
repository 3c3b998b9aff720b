"""The relay on a real broker: what committed goes out, all of it, each key in order, whatever breaks meanwhile."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from sqlalchemy import ClauseElement

from schemas.topics import Topic
from services.runtime import telemetry
from services.runtime.broker import LARGEST_MESSAGE, create_topics, make_producer
from services.runtime.connection import Connection, Database, Result, Row
from services.runtime.embedded.tansu import Tansu
from services.runtime.lanes import LANES
from services.runtime.parking import announce_again
from services.runtime.relay import AT_HAND, MISSING, Relay
from services.runtime.settings import Settings
from services.runtime.transaction import Announced, transaction
from tests.runtime.conftest import Toy, strike
from tests.runtime.toy import Bucket, LevelRose
from tests.support.reading_topics import Records, all_in, attribute, once, sequences
from tests.support.waiting import until

_numbers = count(1)
MakeRelay = Callable[..., Relay]
UNHURRIED, AT_ONCE = 60, 1
"""Seconds that a batch has: where a broker answers, however busy the machine is, and where none will answer."""


@dataclass
class Outbox:
    """The outbox of the toy service, and the topic that its events go to."""

    service: Toy
    settings: Settings
    topic: str
    buckets: dict[str, Bucket] = field(default_factory=dict)

    async def announce(self, *names: str) -> None:
        """Announce an event of each bucket, in one transaction."""
        async with transaction(self.service.engine, 1, self.service.now) as tx:
            for name in names:
                bucket = self.buckets.setdefault(name, Bucket(name))
                tx.announce(bucket, LevelRose(bucket=name, drops=bucket.sequence), topic=self.topic)

    async def unsent(self) -> list[tuple[str, str]]:
        """Return keys and sequences of what is still to be sent."""
        rows = await self.service.rows("select key, sequence from outbox where sent_at is null order by id")
        return [(row.key, row.sequence) for row in rows]

    async def sent(self) -> Records:
        """Return what stands in the topic."""
        return await all_in(self.settings.kafka_bootstrap_servers, self.topic)

    async def everything_is_sent_in_order(self) -> None:
        """Assert that nothing is lost and nothing overtaken."""
        assert await self.unsent() == []
        expected = {name: list(range(1, bucket.sequence + 1)) for name, bucket in self.buckets.items()}
        assert sequences(once(await self.sent())) == expected


@pytest.fixture
async def outbox(service: Toy, settings: Settings) -> Outbox:
    topic = f"test-relay-v{next(_numbers)}"
    await create_topics(settings, [Topic(topic)], replication=1)
    return Outbox(service, settings, topic)


@pytest.fixture
async def make_relay(service: Toy) -> AsyncIterator[MakeRelay]:
    made: list[Relay] = []

    def make(settings: Settings, engine: Database | None = None, kind: type[Relay] = Relay) -> Relay:
        lanes = list(range(LANES))
        relay = kind(engine or service.engine, lambda: make_producer(settings), "/toy", lanes, send_seconds=UNHURRIED)
        made.append(relay)
        return relay

    yield make
    for relay in made:
        await relay.stop()


async def send_all(relay: Relay, now: datetime) -> int:
    """Send until nothing is left that this relay can take; return how many were acknowledged."""
    total = 0
    while sent := await relay.run_once(now):
        total += sent
    return total


async def test_each_key_goes_out_in_order_over_many_batches(outbox: Outbox, make_relay: MakeRelay) -> None:
    names = [f"b{n}" for n in range(40)]
    for _ in range(10):
        await outbox.announce(*names * 5)
    relay = make_relay(outbox.settings)
    assert await send_all(relay, outbox.service.now) == 2000
    assert len(await outbox.sent()) == 2000
    await outbox.everything_is_sent_in_order()


async def test_one_key_alone_goes_out_in_order_too(outbox: Outbox, make_relay: MakeRelay) -> None:
    await outbox.announce(*["a"] * 700)
    assert await send_all(make_relay(outbox.settings), outbox.service.now) == 700
    await outbox.everything_is_sent_in_order()


async def test_an_event_travels_as_the_contract_says(outbox: Outbox, make_relay: MakeRelay) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    telemetry.trace.set(traceparent)
    outbox.service.now = datetime(2026, 11, 21, 12, 30, 1, 250_000, tzinfo=UTC)
    await outbox.announce("å-1")
    await send_all(make_relay(outbox.settings), outbox.service.now)
    [record] = await outbox.sent()
    headers = {name: value.decode() for name, value in record.headers}
    assert len(headers) == len(record.headers)
    assert 1 <= len(headers.pop("ce_id")) <= 64
    carried = headers.pop("traceparent")
    assert telemetry.trace_id(carried) == telemetry.trace_id(traceparent)
    assert carried != traceparent
    assert headers == {
        "ce_specversion": "1.0",
        "ce_source": "/toy",
        "ce_type": "org.motesplats.test.level_rose.v1",
        "ce_time": "2026-11-21T12:30:01.250000Z",
        "ce_subject": "å-1",
        "ce_sequence": "00000100000000000001",
        "content-type": "application/json",
    }
    assert record.key == "å-1".encode()
    assert record.value == '{"bucket":"å-1","drops":0}'.encode()


async def test_a_removal_is_a_tombstone_with_the_next_number(outbox: Outbox, make_relay: MakeRelay) -> None:
    await outbox.announce("a")
    async with transaction(outbox.service.engine, 1, outbox.service.now) as tx:
        tx.remove(outbox.buckets["a"], LevelRose, "a")
    await outbox.service.run("update outbox set topic = :topic", topic=outbox.topic)
    await send_all(make_relay(outbox.settings), outbox.service.now)
    _, tombstone = await outbox.sent()
    assert (tombstone.key, tombstone.value) == (b"a", None)
    assert attribute(tombstone, "ce_sequence") == "00000100000000000002"
    assert attribute(tombstone, "ce_type") == LevelRose.type()


async def test_an_event_that_has_no_place_in_an_order_carries_no_number(outbox: Outbox, make_relay: MakeRelay) -> None:
    async with transaction(outbox.service.engine, 1, outbox.service.now) as tx:
        tx.announce(None, LevelRose(bucket="a", drops=0), topic=outbox.topic)
    await send_all(make_relay(outbox.settings), outbox.service.now)
    [record] = await outbox.sent()
    assert attribute(record, "ce_sequence") is None


async def test_trap_17_a_row_that_commits_late_is_not_skipped(
    outbox: Outbox, make_relay: MakeRelay, other_engine: Database
) -> None:
    relay = make_relay(outbox.settings)
    async with transaction(other_engine, 1, outbox.service.now) as late:
        late.announce(Bucket("late"), LevelRose(bucket="late", drops=0), topic=outbox.topic)
        await late.flush()
        late.events.clear()
        await outbox.announce("early")
        assert await send_all(relay, outbox.service.now) == 1
    assert await send_all(relay, outbox.service.now) == 1
    keys = await outbox.service.rows("select key from outbox order by id")
    assert [row.key for row in keys] == ["late", "early"]
    assert sorted(record.key for record in await outbox.sent()) == [b"early", b"late"]


async def test_two_relays_share_the_rows_and_send_none_twice(
    outbox: Outbox, make_relay: MakeRelay, other_engine: Database
) -> None:
    for _ in range(10):
        await outbox.announce(*[f"b{n}" for n in range(100)] * 3)
    relays = [make_relay(outbox.settings, engine) for engine in (outbox.service.engine, other_engine)]
    sent = 0
    while sent < 3000:
        sent += sum(await asyncio.gather(*(relay.run_once(outbox.service.now) for relay in relays)))
    assert len(await outbox.sent()) == 3000
    await outbox.everything_is_sent_in_order()


async def test_what_was_sent_and_not_marked_is_sent_again_and_overtaken_by_nothing(
    outbox: Outbox, make_relay: MakeRelay, other_engine: Database
) -> None:
    class Dying(Relay):
        async def _send(
            self, producer: AIOKafkaProducer, rows: Sequence[Row], partitions: Mapping[str, int]
        ) -> list[BaseException | None]:
            results = await super()._send(producer, rows, partitions)
            await outbox.service.rows(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 2"
            )
            return results

    await outbox.announce(*["a", "b"] * 10)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await make_relay(outbox.settings, other_engine, Dying).run_once(outbox.service.now)
    assert len(await outbox.unsent()) == 20
    assert await send_all(make_relay(outbox.settings), outbox.service.now) == 20
    assert len(await outbox.sent()) == 40
    await outbox.everything_is_sent_in_order()


async def test_an_event_that_the_broker_refuses_holds_back_its_key_and_no_other(
    outbox: Outbox, make_relay: MakeRelay
) -> None:
    await outbox.announce("a", "b", "a", "b", "a", "b")
    await outbox.service.run(
        "update outbox set value = convert_to(repeat('x', :size), 'utf8') where key = 'a' and sequence like '%2'",
        size=LARGEST_MESSAGE,
    )
    relay = make_relay(outbox.settings)
    for _ in range(2):
        with pytest.raises(MessageSizeTooLargeError):
            await relay.run_once(outbox.service.now)
    assert await outbox.unsent() == [("a", "00000100000000000002"), ("a", "00000100000000000003")]
    assert sequences(await outbox.sent()) == {"a": [1], "b": [1, 2, 3]}
    await outbox.service.run("update outbox set value = '' where sent_at is null")
    await send_all(relay, outbox.service.now)
    await outbox.everything_is_sent_in_order()


async def test_topics_that_are_not_there_hold_back_their_own_events_only(
    outbox: Outbox, make_relay: MakeRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.relay.METADATA_SECONDS", 3)
    await outbox.announce(*[f"b{n}" for n in range(600)])
    await outbox.service.run("update outbox set topic = 'no/topic/' || id % 20 where id % 2 = 0")
    relay = make_relay(outbox.settings)
    async with asyncio.timeout(25):  # they are asked for together: one by one takes thirty
        assert await send_all(relay, outbox.service.now) == 300
    assert len(await outbox.unsent()) == 300
    await outbox.service.run("update outbox set topic = :topic", topic=outbox.topic)
    assert await send_all(relay, outbox.service.now + MISSING) == 300
    await outbox.everything_is_sent_in_order()


async def with_own_broker(outbox: Outbox, broker: Tansu) -> None:
    outbox.settings = outbox.settings.model_copy(update={"kafka_bootstrap_servers": broker.bootstrap_servers})
    await create_topics(outbox.settings, [Topic(outbox.topic)], replication=1)


async def test_what_a_dead_broker_did_not_take_goes_out_when_there_is_one_again(
    outbox: Outbox, own_broker: Tansu, make_relay: MakeRelay
) -> None:
    await with_own_broker(outbox, own_broker)
    relay = make_relay(outbox.settings)
    await outbox.announce("a")
    assert await relay.run_once(outbox.service.now) == 1
    strike(own_broker, signal.SIGKILL)
    await outbox.announce(*["a", "b"] * 20)
    relay.send_seconds = AT_ONCE
    for _ in range(2):
        with pytest.raises((KafkaError, TimeoutError)):
            await relay.run_once(outbox.service.now)
    relay.send_seconds = UNHURRIED
    assert len(await outbox.unsent()) == 40
    await own_broker.restart()
    await create_topics(outbox.settings, [Topic(outbox.topic)], replication=1)
    assert await send_all(relay, outbox.service.now) == 40
    # The new broker is empty: it knows nothing of the first event.
    assert sequences(once(await outbox.sent())) == {"a": list(range(2, 22)), "b": list(range(1, 21))}


async def test_trap_14_a_broker_that_answers_too_late_makes_repeats_and_nothing_is_overtaken(
    outbox: Outbox, own_broker: Tansu, make_relay: MakeRelay
) -> None:
    await with_own_broker(outbox, own_broker)
    before = asyncio.all_tasks()
    relay = make_relay(outbox.settings)
    await outbox.announce("a")
    assert await relay.run_once(outbox.service.now) == 1
    await outbox.announce(*["a", "b", "c"] * 20)
    relay.send_seconds = AT_ONCE
    strike(own_broker, signal.SIGSTOP)
    try:
        with pytest.raises((KafkaError, TimeoutError)):
            await relay.run_once(outbox.service.now)
        # Nothing is left that could send late.
        assert not [task for task in asyncio.all_tasks() - before if "_sender_routine" in repr(task)]
    finally:
        strike(own_broker, signal.SIGCONT)
    relay.send_seconds = UNHURRIED
    assert len(await outbox.unsent()) == 60
    assert await send_all(relay, outbox.service.now) == 60
    await outbox.everything_is_sent_in_order()


async def test_trap_28_of_two_relays_that_take_turns_one_sends_and_then_the_other(
    outbox: Outbox, make_relay: MakeRelay, other_engine: Database
) -> None:
    sending, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Relay):
        async def _whole(self, connection: Connection, unsent: Sequence[Row]) -> list[tuple[int, Announced]]:
            sending.set()
            await go_on.wait()
            return await super()._whole(connection, unsent)

    one, other = make_relay(outbox.settings, kind=Slow), make_relay(outbox.settings, other_engine)
    one.takes_turns = other.takes_turns = True
    await outbox.announce("a")
    first = asyncio.create_task(one.run_once(outbox.service.now))
    await sending.wait()
    await outbox.announce("b")
    assert await other.run_once(outbox.service.now) == 0
    go_on.set()
    assert await first == 1
    assert await other.run_once(outbox.service.now) == 1
    await outbox.everything_is_sent_in_order()


async def test_a_batch_that_failed_keeps_its_lanes_until_nothing_of_it_can_arrive_any_more(
    outbox: Outbox, own_broker: Tansu, make_relay: MakeRelay
) -> None:
    held: list[int] = []

    class Watched(Relay):
        async def _give_up(self) -> None:
            await super()._give_up()
            held.append(len(await outbox.service.rows("select 1 from pg_locks where locktype = 'advisory'")))

    await with_own_broker(outbox, own_broker)
    relay = make_relay(outbox.settings, kind=Watched)
    await outbox.announce("a")
    assert await relay.run_once(outbox.service.now) == 1
    await outbox.announce("a")
    relay.send_seconds = AT_ONCE
    strike(own_broker, signal.SIGKILL)
    with pytest.raises((KafkaError, TimeoutError)):
        await relay.run_once(outbox.service.now)
    assert held == [1]


async def test_what_the_relay_has_in_hand_is_announced_again_too(
    outbox: Outbox, own_broker: Tansu, make_relay: MakeRelay, other_engine: Database
) -> None:
    await with_own_broker(outbox, own_broker)
    relay = make_relay(outbox.settings, engine=other_engine)
    relay.send_seconds = 60  # it is to wait for the broker, however long the rest takes
    await outbox.announce("a")
    assert await relay.run_once(outbox.service.now) == 1
    await outbox.announce("a")
    strike(own_broker, signal.SIGSTOP)
    try:
        sending = asyncio.create_task(relay.run_once(outbox.service.now))
        await until(lambda: outbox.service.rows("select 1 from pg_locks where locktype = 'advisory'"))
        again = asyncio.create_task(announce_again(outbox.service.engine, outbox.service.now))
        await until(lambda: outbox.service.rows("select 1 from pg_locks where locktype = 'advisory' and not granted"))
    finally:
        strike(own_broker, signal.SIGCONT)
    assert (await sending, await again) == (1, 2)
    assert [key for key, _ in await outbox.unsent()] == ["a", "a"]


class Interrupted(Database):
    """A database in which something else happens after a relay has found what is to be sent, and before it reads it."""

    meanwhile: Callable[[], Awaitable[None]]

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """Begin a transaction in which that happens."""
        async with super().begin() as connection:
            execute = connection.execute

            async def interrupted(statement: ClauseElement, values: Mapping[str, object] | None = None) -> Result:
                if "join outbox" in str(statement):
                    await self.meanwhile()
                return await execute(statement, values)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(connection, "execute", interrupted)
                yield connection


async def test_what_is_announced_or_erased_while_a_batch_is_read_holds_up_nothing(
    outbox: Outbox, make_relay: MakeRelay
) -> None:
    engine = Interrupted(outbox.service.engine.url)
    relay = make_relay(outbox.settings, engine=engine)
    await outbox.announce("a", "b")
    async with transaction(outbox.service.engine, 1, outbox.service.now) as tx:
        tx.announce(Bucket("c"), LevelRose(bucket="c", drops=0), topic=outbox.topic)
    relay.announced(tx.events)

    async def meanwhile() -> None:
        relay.announced([tx.events[0]._replace(event_id=str(number)) for number in range(AT_HAND)])
        async with transaction(outbox.service.engine, 1, outbox.service.now) as erasing:
            await erasing.forget("b")

    engine.meanwhile = meanwhile
    try:
        assert await relay.run_once(outbox.service.now) == 2
    finally:
        await engine.dispose()
    assert {record.key for record in await outbox.sent()} == {b"a", b"c"}
    assert await outbox.unsent() == []
