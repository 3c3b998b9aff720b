"""A whole service, its loops running on a real broker and a real database, and what happens when these go away."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from schemas.topics import Topic
from services.runtime import telemetry
from services.runtime.broker import create_topics, make_producer
from services.runtime.embedded.postgres import Postgres
from services.runtime.embedded.tansu import Tansu
from services.runtime.handling import Delivery, Handlers
from services.runtime.landing import LagWatch
from services.runtime.parking import announce_again
from services.runtime.process import watched
from services.runtime.relay import Relay
from services.runtime.service import STALE_SECONDS, Service
from services.runtime.settings import Settings
from services.runtime.telemetry import Heartbeats
from services.runtime.worker import Worker
from tests.runtime import toy
from tests.runtime.conftest import Record, Toy, record, strike
from tests.runtime.toy import DropFell, DropRefused, LevelRose
from tests.support.log_lines import log_lines
from tests.support.reading_topics import all_in, attribute, once, sequences
from tests.support.waiting import until

STRANGERS = "test-strangers-v1-x"
STRANGERS_PATTERN = "test-strangers-v1-.*"
TOPICS = [Topic(topic) for topic in (DropFell.topic, LevelRose.topic, DropRefused.topic, STRANGERS)]
BUCKETS = [f"b{n}" for n in range(30)]
MakeService = Callable[..., Service[toy.Work]]


@pytest.fixture
async def settings(settings: Settings, own_broker: Tansu) -> Settings:
    """A broker of one's own: the toy's topics have one name, and to break it harms nobody."""
    found = settings.model_copy(update={"kafka_bootstrap_servers": own_broker.bootstrap_servers})
    await create_topics(found, TOPICS, replication=1)
    return found


@pytest.fixture
def make_service(settings: Settings) -> MakeService:
    def make(handlers: Handlers[toy.Work] | None = None, request_pattern: str | None = None) -> Service[toy.Work]:
        return Service("toy", settings, handlers or toy.make_handlers(), request_pattern=request_pattern)

    return make


@pytest.fixture
async def sender(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = make_producer(settings)
    await producer.start()
    yield producer
    await producer.stop()


async def send(sender: AIOKafkaProducer, records: Iterable[Record]) -> None:
    """Send as an outbox would: each key's next when its last is acknowledged."""
    for each in records:
        await sender.send_and_wait(each.topic, key=each.key, value=each.value, headers=list(each.headers))


def drops(numbers: Iterable[int]) -> list[Record]:
    """Return a drop of each number for each bucket."""
    return [record(DropFell(bucket=name, number=n)) for n in numbers for name in BUCKETS]


async def everything_is_done(service: Toy, drops: int) -> None:
    """Wait until each bucket has had so many drops, and what that caused is sent."""
    expected = [(drops * len(BUCKETS), 0)]
    query = (
        "select (select count(*) from inbox where state = 'handled'), "
        "(select count(*) from outbox where sent_at is null)"
    )

    async def done() -> bool:
        return await service.rows(query) == expected

    await until(done)


async def assert_one_effect_each_in_order(service: Toy, settings: Settings, numbers: Iterable[int]) -> None:
    numbers = list(numbers)
    await everything_is_done(service, len(numbers))
    heard = {row.name: row.heard for row in await service.rows("select name, heard from bucket")}
    assert heard == dict.fromkeys(BUCKETS, "".join(f"{n} " for n in numbers))
    sent = once(await all_in(settings.kafka_bootstrap_servers, LevelRose.topic))
    assert sequences(sent) == {name: list(range(1, len(numbers) + 1)) for name in BUCKETS}


async def test_an_event_in_causes_an_event_out_in_the_same_trace(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, make_service: MakeService
) -> None:
    traceparent = telemetry.child_of(None)
    drop = record(DropFell(bucket="a", number=1))
    drop.headers = [*drop.headers, ("traceparent", traceparent.encode())]
    unreadable = record(DropFell(bucket="b", number=1), topic=STRANGERS)
    unreadable.value = b"{"
    unreadable.headers = [*unreadable.headers, ("traceparent", traceparent.encode())]
    reader = AIOKafkaConsumer(
        LevelRose.topic,
        DropRefused.topic,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        auto_offset_reset="earliest",
    )
    async with make_service(request_pattern=STRANGERS_PATTERN).running(), reader, asyncio.timeout(90):
        await send(sender, [drop, unreadable])
        answers = {answer.topic: answer for answer in [await reader.getone() for _ in range(2)]}
    assert LevelRose.model_validate_json(answers[LevelRose.topic].value) == LevelRose(bucket="a", drops=1)
    assert DropRefused.model_validate_json(answers[DropRefused.topic].value).bucket == "b"
    for answer in answers.values():
        assert telemetry.trace_id(attribute(answer, "traceparent")) == telemetry.trace_id(traceparent)
        assert attribute(answer, "ce_source") == "/toy"
    assert await service.states() == {"handled": 1, "parked": 1}


async def test_a_service_that_is_stopped_leaves_nothing_half_done_and_the_next_goes_on(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, make_service: MakeService
) -> None:
    sending = asyncio.create_task(send(sender, drops(range(20, 40))))
    async with make_service().running():
        await until(lambda: service.rows("select * from outbox where sent_at is not null"))
    await sending
    handled, announced = (
        await service.rows("select (select count(*) from inbox where state = 'handled'), (select count(*) from outbox)")
    )[0]
    assert handled == announced
    assert set(await service.states()) <= {"handled", "ready"}
    async with make_service().running():
        await assert_one_effect_each_in_order(service, settings, range(20, 40))


async def test_all_is_handled_once_and_in_order_when_the_database_crashes_under_load(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, make_service: MakeService, postgres: Postgres
) -> None:
    async with make_service().running():
        sending = asyncio.create_task(send(sender, drops(range(20, 60))))
        for events in (100, 500):
            await until(partial(has_handled, service, events))
            await postgres.restart("immediate")
        await sending
        await assert_one_effect_each_in_order(service, settings, range(20, 60))


async def has_handled(service: Toy, events: int) -> bool:
    return (await service.states()).get("handled", 0) >= events


async def test_two_processes_of_a_service_share_the_work(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, make_service: MakeService
) -> None:
    handled = [0, 0]

    def counting(process: int) -> Service[toy.Work]:
        handlers = toy.make_handlers()

        @handlers.on(DropFell)
        def count_drop(work: toy.Work, event: DropFell, delivery: Delivery) -> None:
            handled[process] += 1
            toy.count_drop(work, event, delivery)

        return make_service(handlers)

    async with counting(0).running(), counting(1).running():
        await send(sender, drops(range(20, 50)))
        await assert_one_effect_each_in_order(service, settings, range(20, 50))
    assert all(handled)


def test_relays_take_turns_on_the_embedded_broker_only(settings: Settings) -> None:
    for kind, turns in (("tansu", True), ("kafka", False)):
        told = settings.model_copy(update={"kafka_broker": kind})
        assert Service("toy", told, toy.make_handlers()).relay.takes_turns is turns


async def test_all_goes_on_when_the_broker_starts_again_empty(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, make_service: MakeService, own_broker: Tansu
) -> None:
    async with make_service().running():
        await send(sender, drops(range(20, 30)))
        await everything_is_done(service, 10)
        await own_broker.restart()
        await create_topics(settings, TOPICS, replication=1)
        await announce_again(service.engine, service.now.replace(year=2000))
        await send(sender, drops(range(30, 60)))
        await everything_is_done(service, 40)
    # For half a second a consumer still reads from where it was in the old broker, so order is not kept.
    heard = [sorted(map(int, row.heard.split())) for row in await service.rows("select heard from bucket")]
    assert heard == [list(range(20, 60))] * len(BUCKETS)
    sent = await all_in(settings.kafka_bootstrap_servers, LevelRose.topic)
    assert {name: sorted(found) for name, found in sequences(once(sent)).items()} == {
        name: list(range(1, 41)) for name in BUCKETS
    }


async def test_trap_16_a_service_stops_also_when_its_broker_is_dead(
    make_service: MakeService, own_broker: Tansu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.service.STOP_SECONDS", 1)
    async with asyncio.timeout(90), make_service().running():
        strike(own_broker, signal.SIGKILL)


async def test_a_stop_does_not_wait_for_a_look_at_a_consumer_that_answers_no_more(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = asyncio.Event()

    async def look(*_: object) -> bool:
        looking.set()
        return bool(await asyncio.Event().wait())

    monkeypatch.setattr(LagWatch, "moves", look)
    with log_lines() as written:
        async with make_service().running():
            await looking.wait()
        assert [line for line in written() if line["event"] == "given_up"] == []


async def test_a_consumer_that_is_frozen_is_noticed_although_its_neighbour_lives(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze, frozen = asyncio.Event(), asyncio.Event()
    getmany = AIOKafkaConsumer.getmany
    seconds = 0.0

    async def freezing(self: AIOKafkaConsumer, **arguments: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        if freeze.is_set() and str(self._group_id).endswith("requests"):
            frozen.set()
            await asyncio.Event().wait()
        return await getmany(self, **arguments)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", freezing)
    made = make_service(request_pattern=STRANGERS_PATTERN)
    made.heartbeats = Heartbeats(lambda: seconds)
    async with made.running():
        freeze.set()
        await frozen.wait()
        assert made.heartbeats.stale() == []
        seconds += STALE_SECONDS + 1
        await until(lambda: made.heartbeats.stale() == ["toy.landing-1"])


async def test_a_worker_a_relay_and_a_watch_that_stand_still_are_noticed_each_by_itself(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def freeze(*_: object) -> int:
        await asyncio.Event().wait()
        return 0

    for step, name in ((Worker, "run_once"), (Relay, "run_once"), (LagWatch, "moves")):
        monkeypatch.setattr(step, name, freeze)
    for name in ("STALE_SECONDS", "LAG_SECONDS", "STOP_SECONDS"):
        monkeypatch.setattr(f"services.runtime.service.{name}", 1)
    made = make_service()
    async with made.running():
        await until(lambda: {"toy.worker", "toy.relay", "toy.lag"} <= set(made.heartbeats.stale()))


class StandingStill:
    """Something that a service keeps, which lets no task have its turn when it is opened."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.went_on = False

    async def __aenter__(self) -> None:
        self.went_on = self.may_go_on.wait(60)

    async def __aexit__(self, *_: object) -> None:
        """Leave nothing behind."""


async def test_a_process_that_stands_still_before_its_loops_have_begun_ends_too(
    make_service: MakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    still, told = StandingStill(), list[str]()

    def end(_: threading.Event, loops: list[str]) -> None:
        told.extend(loops)
        still.may_go_on.set()

    monkeypatch.setattr("services.runtime.service.STALE_SECONDS", 1)
    monkeypatch.setattr("services.runtime.process._end", end)
    made = make_service()
    made.keep(still)
    async with watched(made):
        assert still.went_on
    assert told == ["toy.event_loop"]
