"""A service at work: its loops, started and stopped together. Never what any of them does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Generic

import structlog
from faststream.kafka import KafkaBroker
from sqlalchemy import text

from schemas.registry import EVENTS
from services.runtime import due, telemetry
from services.runtime.at_once import AtOnce
from services.runtime.broker import make_broker, make_producer, subscription, wait_for_topics
from services.runtime.clock import DatabaseClock
from services.runtime.database import connect, is_away
from services.runtime.handling import Handlers, W
from services.runtime.inbox import Reading
from services.runtime.landing import LagWatch, Landing
from services.runtime.lanes import LANES
from services.runtime.relay import Relay
from services.runtime.sealing import Seal
from services.runtime.settings import Settings, decode_key
from services.runtime.telemetry import Heartbeats
from services.runtime.transaction import Transaction, read_epoch, transaction, utc_now
from services.runtime.worker import Worker

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.5
"""How long a loop sleeps when it found nothing; a commit in this process wakes it at once."""
CLOCK_SECONDS = 1.0
GAUGE_SECONDS = 10.0
SWEEP_SECONDS = 120.0
LAG_SECONDS = 20.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Before a loop tries again what failed: ever longer, and no longer than work may stand still once a server is back."""
BEAT_SECONDS = 1.0
STALE_SECONDS = 60.0
STOP_SECONDS = 4.0
"""How long a stop waits for what is in hand; what takes longer is cancelled, and done again by whoever comes next."""
CANCEL_SECONDS = 1.0
"""How long what was cancelled may take to end, and the relay's producer: a process ends within ten seconds."""

Step = Callable[[datetime], Awaitable[int]]
"""One step of a loop at this time (UTC); returns how much it did, 0 when there was nothing to do."""

LANDING, COMMIT, TIME = "landing", "commit", "time"
"""What a loop waits for when it found nothing to do."""


@dataclass
class Loop:
    """A step that is repeated; woken early by what it waits for."""

    name: str
    step: Step
    idle: float
    after: str
    cut: bool = False
    """Whether a stop waits for no step of it."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)


_GAUGES = text(
    "select (select count(*) from inbox where state = 'ready') as inbox, "
    "(select count(*) from outbox where sent_at is null) as outbox, "
    "(select extract(epoch from :now - min(ended_at)) from inbox where state = 'parked') as parked"
)


class Service(Generic[W]):
    """One service: what it reads and handles, and the loops that carry it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        handlers: Handlers[W],
        *,
        request_pattern: str | None = None,
        stalled: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Take a pattern of topics that strangers write, and for the sweep SQL by kind (see `due.sweep`)."""
        self.name, self.settings, self.handlers, self.clock = name, settings, handlers, clock
        self.stalled, self.request_pattern = dict(stalled or {}), request_pattern
        self.engine = connect(settings)
        self.seal = Seal(decode_key(settings.service_key))
        self.reading = Reading(
            sealed=tuple(handlers.decoders),
            ignored=frozenset(EVENTS) - frozenset(handlers.by_event),
            overtaking=handlers.overtaking(),
            seal=self.seal,
        )
        self.heartbeats = Heartbeats()
        self.epoch = 1
        self._loops: list[Loop] = []
        self._kept: list[AbstractAsyncContextManager[object]] = []
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        self.relay = Relay(
            self.engine,
            lambda: make_producer(settings),
            f"/{name}",
            list(range(LANES)),
            takes_turns=settings.kafka_broker == "tansu",
        )

    def every(
        self, name: str, step: Step, *, idle: float = IDLE_SECONDS, after: str = COMMIT, cut: bool = False
    ) -> None:
        """Add a loop of the service's own, woken after each commit, or after something landed, or by time alone.

        A stop waits for the step that it is at, unless it may be cut short.
        """
        self._loops.append(Loop(name, step, idle, after, cut))

    def keep(self, resource: AbstractAsyncContextManager[object]) -> None:
        """Have the resource open as long as the service runs, such as connections that a loop of its own uses."""
        self._kept.append(resource)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Begin a transaction of the HTTP side; its events go out after the commit."""
        async with transaction(self.engine, self.epoch, self.clock()) as tx:
            yield tx
        self.relay.announced(tx.events)
        self.wake()

    def landing(self, broker: KafkaBroker) -> Landing:
        """Return what lands the service's topics, subscribed to them."""
        landing = Landing(
            self.name,
            AtOnce(self.engine, self.handlers, self.reading, self.epoch, self.clock, self._turn, self.relay.announced),
            landed=lambda: self.wake(LANDING),
            handled=self.wake,
            heartbeats=self.heartbeats,
        )
        landing.subscribe(
            broker,
            subscription(self.settings, self.name),
            topics=self.handlers.topics(),
            pattern=self.request_pattern,
        )
        return landing

    def is_stopping(self) -> bool:
        """Tell whether the service has been asked to end: what takes long begins nothing more."""
        return self._stopping.is_set()

    def wake(self, after: str = COMMIT) -> None:
        """Have the loops that wait for this look at once whether there is something to do."""
        for loop in self._loops:
            if loop.after == after:
                loop.wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the loops within this context."""
        self.heartbeats.expect(self._event_loop, STALE_SECONDS)
        async with AsyncExitStack() as stack:
            stack.callback(asyncio.create_task(self._beat()).cancel)
            for resource in self._kept:
                await stack.enter_async_context(resource)
            await stack.enter_async_context(self._running())
            yield

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        await self._put_clock_right()
        self.epoch = await read_epoch(self.engine)
        await wait_for_topics(self.settings, self.handlers.topics())
        broker = make_broker(self.settings)
        landing = self.landing(broker)
        self._add_loops(LagWatch(landing))
        await broker.start()
        landing.watch_polls(STALE_SECONDS, less_at_rest=self.settings.kafka_broker == "tansu")
        self.heartbeats.expect(f"{self.name}.lag_moves", STALE_SECONDS + 2 * LAG_SECONDS)
        tasks = {asyncio.create_task(self._run(loop), name=f"{self.name}.{loop.name}"): loop for loop in self._loops}
        try:
            yield
        finally:
            self._stopping.set()
            landing.stopping.set()
            for task, loop in tasks.items():
                loop.wake.set()
                if loop.cut:
                    task.cancel()
            await asyncio.gather(_in_time("broker", broker.stop()), _in_time("loops", asyncio.wait(tasks)))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
            await self.relay.stop(within=CANCEL_SECONDS)
            await self.engine.dispose()

    @property
    def _event_loop(self) -> str:
        return f"{self.name}.event_loop"

    async def _beat(self) -> None:
        """Beat as long as tasks get their turn, also while the loops are yet to begin."""
        while True:
            self.heartbeats.beat(self._event_loop)
            await asyncio.sleep(BEAT_SECONDS)

    def _add_loops(self, lag: LagWatch) -> None:
        # One that handles: a second one would share its thread, wait for its rows, and be asked for nothing at rest.
        worker = Worker(
            self.engine, self.handlers, self.reading, list(range(LANES)), self.epoch, self.relay.announced, self._turn
        )
        self.every("worker", self._then(worker.run_once, COMMIT), after=LANDING)
        self.every("relay", self.relay.run_once)
        for name, step in (("deadlines", due.fire_deadlines), ("waiting", due.wake_waiting)):
            self.every(name, self._then(partial(step, self.engine), LANDING), idle=CLOCK_SECONDS, after=TIME)
        self.every("sweep", self._sweep, idle=SWEEP_SECONDS, after=TIME, cut=True)
        self.every("gauges", self._gauge, idle=GAUGE_SECONDS, after=TIME, cut=True)
        # It asks consumers, which answer no more once they stop.
        self.every("lag", partial(self._watch_lag, lag), idle=LAG_SECONDS, after=TIME, cut=True)

    def _then(self, step: Step, after: str) -> Step:
        """Return the step with a wake of those who wait for what it may have done."""

        async def stepped(now: datetime) -> int:
            done = await step(now)
            if done:
                self.wake(after)
            return done

        return stepped

    async def _sweep(self, now: datetime) -> int:
        found = await due.sweep(self.engine, self.stalled, now)
        telemetry.swept.labels(self.name).set(found)
        if found:
            log.warning("swept", service=self.name, events=found)
            self.wake(LANDING)
        return 0

    async def _put_clock_right(self) -> None:
        if isinstance(self.clock, DatabaseClock):
            await self.clock.put_right(self.engine)

    async def _gauge(self, now: datetime) -> int:
        await self._put_clock_right()
        async with self.engine.connect() as connection:
            row = (await connection.execute(_GAUGES, {"now": now})).one()
        telemetry.inbox_backlog.labels(self.name).set(row.inbox)
        telemetry.outbox_backlog.labels(self.name).set(row.outbox)
        telemetry.oldest_parked_seconds.labels(self.name).set(row.parked or 0)
        return 0

    async def _watch_lag(self, lag: LagWatch, _now: datetime) -> int:
        if await lag.moves():
            self.heartbeats.beat(f"{self.name}.lag_moves")
        return 0

    async def _run(self, loop: Loop) -> None:
        """Step as long as there is something to do; then sleep until woken or `idle` seconds have passed."""
        name, pause = f"{self.name}.{loop.name}", SHORTEST_PAUSE
        self.heartbeats.expect(name, STALE_SECONDS + loop.idle)
        while not self._stopping.is_set():
            self.heartbeats.beat(name)
            loop.wake.clear()
            try:
                done = await loop.step(self.clock())
            except Exception as error:  # noqa: BLE001 - a loop outlives whatever a step meets; it is told below
                log.warning("loop_waits", loop=name, error=telemetry.name_of(error), away=is_away(error))
                await _sleep(self._stopping, pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = SHORTEST_PAUSE
                if not done:
                    await _sleep(loop.wake, loop.idle)


async def _sleep(until: asyncio.Event, seconds: float) -> None:
    """Sleep until the event is set, at most so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await until.wait()
    except TimeoutError:
        pass


async def _in_time(what: str, ending: Awaitable[Any]) -> None:
    """Wait for an ending, but not for ever: aiokafka's `stop` can hang or fail while brokers are down (#647, #773)."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await ending
    except Exception as error:  # noqa: BLE001 - all else is still to be ended
        log.warning("given_up", loop=what, error=telemetry.name_of(error))
