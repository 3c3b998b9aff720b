"""The floors: what the same wires and tables carry without any of our code."""

import asyncio
import os
from time import perf_counter

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import make_url

from bench.figures import Figures, figure, median, percentile
from bench.machine import machine

EVENTS = 40_000
BATCH = 500
VALUE_BYTES = 450
HOPS = 400
PARTITIONS = 4


async def measure() -> Figures:
    """Return `floor_events_per_s` and `floor_hop_ms_p50`."""
    async with machine() as (postgres, tansu):
        admin = AIOKafkaAdminClient(bootstrap_servers=tansu.bootstrap_servers)
        await admin.start()
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in ("floor-in", "floor-out", "floor-hop")])
        await admin.close()
        rates = [await _carry(tansu.bootstrap_servers, postgres, run) for run in range(3)]
        hops = await _hops(tansu.bootstrap_servers)
    of = {"events": EVENTS, "batch": BATCH, "value_bytes": VALUE_BYTES, "runs": 3}
    return {
        "floor_events_per_s": figure(median(rates), "events/s", **of),
        "floor_hop_ms_p50": figure(percentile(hops, 0.5) * 1000, "ms", hops=HOPS),
    }


async def _carry(servers: str, postgres: object, run: int) -> float:
    """Consume, insert twice, produce, commit; return events a second."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=0)
    await producer.start()
    value = os.urandom(VALUE_BYTES // 2).hex().encode()
    for start in range(0, EVENTS, 2000):
        await asyncio.wait([await producer.send("floor-in", value, key=b"%d" % n) for n in range(start, start + 2000)])
    url = make_url((await postgres.databases(f"floor{run}"))[f"floor{run}"])  # type: ignore[attr-defined]
    database = await asyncpg.connect(host=url.query["host"], user=url.username, database=url.database)
    for table in "ab":
        await database.execute(
            f"create table {table} (id bigint generated always as identity primary key, k text, v bytea)"
        )
    consumer = AIOKafkaConsumer(
        "floor-in",
        bootstrap_servers=servers,
        group_id=f"floor-{run}",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=2000,
        heartbeat_interval_ms=500,
        fetch_max_wait_ms=10,
    )
    await consumer.start()
    done, wanted = 0, EVENTS
    started = perf_counter()
    while done < wanted:
        batches = await consumer.getmany(timeout_ms=1000, max_records=BATCH)
        records = [record for batch in batches.values() for record in batch]
        if not records:
            continue
        keys = [record.key.decode() for record in records]
        values = [record.value for record in records]
        async with database.transaction():
            for table in "ab":
                await database.execute(
                    f"insert into {table} (k, v) select * from unnest($1::text[], $2::bytea[])",
                    keys,
                    values,
                )
        await asyncio.wait([await producer.send("floor-out", record.value, key=record.key) for record in records])
        await consumer.commit()
        done += len(records)
    seconds = perf_counter() - started
    await consumer.stop()
    await producer.stop()
    await database.close()
    return done / seconds


async def _hops(servers: str) -> list[float]:
    """Return the seconds from send to receive, one event at a time."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=0)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, fetch_max_wait_ms=10)
    await producer.start()
    await consumer.start()
    consumer.assign([TopicPartition("floor-hop", 0)])
    await consumer.seek_to_end()
    seconds = []
    for _ in range(HOPS):
        started = perf_counter()
        await producer.send("floor-hop", b"x" * VALUE_BYTES, partition=0)
        await consumer.getone()
        seconds.append(perf_counter() - started)
    await consumer.stop()
    await producer.stop()
    return seconds
