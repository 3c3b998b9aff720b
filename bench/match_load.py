"""A process of its own that reads the catalogue at the address given to it, and prints how long and how much."""

import asyncio
import gc
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter, thread_time

import uvloop
from sqlalchemy import text

from bench import made
from services.activities.domain.matching import record_of
from services.activities.store.catalogue import LiveCatalogue
from services.activities.tables import CHANGED_NOW
from services.runtime.connection import Connection, Database
from services.runtime.process import spare_what_stays

TICK = 0.001
"""Seconds between looks at how long the loop was held: processor time, for the machine may be busy with others."""
NATIONWIDE = 50
"""So many activities become open to all municipalities, and then change again, all at once."""
_STATE = text(
    "with stated as (update activity a set document = t.document, matched = t.matched, "
    f"changed = {CHANGED_NOW} from unnest(cast(:ids as uuid[]), cast(:documents as text[]), "
    "cast(:records as bytea[])) as t(activity_id, document, matched) where a.activity_id = t.activity_id "
    f"returning a.activity_id) update seats s set changed = {CHANGED_NOW} from stated "
    "where s.activity_id = stated.activity_id"
)


async def load(url: str) -> dict[str, float]:
    """Return the seconds, the growth of resident memory, the bytes of the texts, the longest holds of the loop (ms)."""
    database, catalogue = Database(url), LiveCatalogue()
    async with database.connect() as connection:
        await connection.scalar(text("select 1"))
        spare_what_stays()  # as a service does
        before, started = resident(), perf_counter()
        async with longest_hold(TICK) as held, catalogue.read_from(database):
            await catalogue.catch_up(connection, made.ON)
        seconds = perf_counter() - started
        gc.collect()
        texts = sum(sys.getsizeof(document) for document in catalogue._documents.values())  # noqa: SLF001 - what is not counted
        growth = resident() - before
        spare_what_stays()
        for _ in range(2):
            await open_to_all(connection)
            async with longest_hold(0) as nationwide:
                await catalogue.catch_up(connection, made.ON)
    await database.dispose()
    return {
        "seconds": seconds,
        "growth": growth,
        "texts": texts,
        "held_ms": 1000 * max(held),
        "nationwide_held_ms": 1000 * max(nationwide),
    }


@asynccontextmanager
async def longest_hold(tick: float) -> AsyncIterator[list[float]]:
    """Have the seconds noted for which the loop was held meanwhile, looking each time after so many at least."""
    held = [0.0]

    async def watch() -> None:
        while True:
            before = thread_time()
            await asyncio.sleep(tick)
            held.append(thread_time() - before)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    yield held
    await asyncio.sleep(tick)
    watching.cancel()


async def open_to_all(connection: Connection) -> None:
    """State activities that are open to all municipalities."""
    towns = made.towns_by_zipf(made.ACTIVITIES)
    country = frozenset(town.code for town in towns)
    stated = [each._replace(open_to=country) for each in islice(made.activities(towns), NATIONWIDE)]
    values = {
        "ids": [each.activity_id for each in stated],
        "documents": [made.document(each) for each in stated],
        "records": [record_of(each) for each in stated],
    }
    await connection.execute(_STATE, values)


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps(uvloop.run(load(sys.argv[1]))))
