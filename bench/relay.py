"""How many rows a second the relay carries from the outbox to the broker."""

from collections.abc import Iterator
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.figures import Figures, figure, median
from bench.machine import machine, settings_for
from schemas.topics import Topic
from services.runtime.broker import create_topics, make_producer
from services.runtime.connection import Database
from services.runtime.database import connect
from services.runtime.lanes import LANES
from services.runtime.relay import Relay
from services.runtime.tables import runtime_metadata
from services.runtime.transaction import utc_now

EVENTS = 50_000
VALUE_BYTES = 450
TOPIC = Topic("relay", partitions=4)

_FILL = text(
    "insert into outbox (lane, topic, key, sequence, event_id, type, time, traceparent, value) "
    "select n % :lanes, :topic, gen_random_uuid()::text, '00000100000000000001', gen_random_uuid()::text, "
    "'org.motesplats.seat.reserved.v1', now(), '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', "
    "convert_to(repeat('x', :bytes), 'utf8') from generate_series(1, :events) n"
)


async def measure() -> Figures:
    """Return `relay_events_per_s`, the median of three runs."""
    async with machine() as (postgres, tansu):
        rates = []
        for name in _names():
            settings = settings_for((await postgres.databases(name))[name], tansu)
            await create_topics(settings, [TOPIC], replication=1)
            engine = connect(settings)
            await _create_tables(engine)
            async with engine.begin() as connection:
                filling = {"lanes": LANES, "topic": TOPIC.name, "bytes": VALUE_BYTES, "events": EVENTS}
                await connection.execute(_FILL, filling)
            relay = Relay(engine, lambda settings=settings: make_producer(settings), "/bench", list(range(LANES)))
            sent, started = 0, perf_counter()
            while done := await relay.run_once(utc_now()):
                sent += done
            rates.append(sent / (perf_counter() - started))
            assert sent == EVENTS
            await relay.stop()
            await engine.dispose()
    of = {"events": EVENTS, "value_bytes": VALUE_BYTES, "partitions": TOPIC.partitions, "runs": len(rates)}
    return {"relay_events_per_s": figure(median(rates), "events/s", **of)}


async def _create_tables(engine: Database) -> None:
    describing = create_async_engine(engine.url)
    async with describing.begin() as connection:
        await connection.run_sync(runtime_metadata.create_all)
    await describing.dispose()


def _names() -> Iterator[str]:
    yield from ("relay1", "relay2", "relay3")
