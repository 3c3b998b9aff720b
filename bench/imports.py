"""How many lines a second an import takes in: from JSON lines to activities that are published, their events out."""

import asyncio
from time import perf_counter

from bench import made
from bench.figures import Figures, figure, median
from bench.machine import machine, settings_for
from schemas.activities import ActivityPublished
from schemas.topics import Topic
from services.activities.importing import Import
from services.runtime import migrations
from services.runtime.broker import create_topics, make_producer
from services.runtime.database import connect
from services.runtime.lanes import LANES
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.transaction import transaction, utc_now

ROWS = 10_000
RUNS = 3
TOPIC = Topic(ActivityPublished.topic, partitions=1)
IDLE_SECONDS = 0.01


async def measure() -> Figures:
    """Return `import_rows_per_s`, the median of three runs."""
    activities = made.activities(made.towns_by_zipf(ROWS))
    lines = [(number, made.document(activity).encode()) for number, activity in enumerate(activities, start=1)]
    rates = []
    async with machine() as (postgres, tansu):
        await create_topics(settings_for("", tansu), [TOPIC], replication=1)
        for run in range(RUNS):
            name = f"import{run}"
            url = (await postgres.databases(name))[name]
            await migrations.upgrade(url, "activities")
            rates.append(len(lines) / await _seconds(settings_for(url, tansu), lines))
    return {"import_rows_per_s": figure(median(rates), "rows/s", rows=len(lines), processes=1, runs=RUNS)}


async def _seconds(settings: Settings, lines: list[tuple[int, bytes]]) -> float:
    """Return the seconds until all lines are taken in, and what they announce has been sent."""
    engine = connect(settings)
    relay = Relay(engine, lambda: make_producer(settings), "/activities", list(range(LANES)))
    importing = Import(lambda: transaction(engine, 1, utc_now()), lambda *_: None)
    started = perf_counter()
    taking = asyncio.create_task(importing.activities(lines))
    sent = 0
    while sent < len(lines):
        found = await relay.run_once(utc_now())
        sent += found
        if not found:
            await asyncio.sleep(IDLE_SECONDS)
            if taking.done():
                assert (await taking).created == len(lines), "some lines were not taken in"
    seconds = perf_counter() - started
    await taking
    await relay.stop()
    await engine.dispose()
    return seconds
