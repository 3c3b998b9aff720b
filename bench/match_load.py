"""A process of its own that reads the catalogue at the address given to it, and prints how long and how much."""

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from time import perf_counter, thread_time

import uvloop
from sqlalchemy import text

from bench import made
from services.activities.store.catalogue import LiveCatalogue
from services.runtime.connection import Database
from services.runtime.process import spare_what_stays

TICK = 0.001
"""Seconds between looks at how long the loop was held: processor time, for the machine may be busy with others."""


async def load(url: str) -> dict[str, float]:
    """Return the seconds, the growth of resident memory, the bytes of the texts, the longest hold of the loop (ms)."""
    database, catalogue, held = Database(url), LiveCatalogue(), 0.0

    async def watch() -> None:
        nonlocal held
        while True:
            before = thread_time()
            await asyncio.sleep(TICK)
            held = max(held, thread_time() - before)

    async with database.connect() as connection:
        await connection.scalar(text("select 1"))
        spare_what_stays()  # as a service does
        before, started = resident(), perf_counter()
        watching = asyncio.create_task(watch())
        async with catalogue.read_from(database):
            await catalogue.catch_up(connection, made.ON)
        seconds = perf_counter() - started
        watching.cancel()
        gc.collect()
        texts = sum(sys.getsizeof(document) for document in catalogue._documents.values())  # noqa: SLF001 - what is not counted
        growth = resident() - before
    await database.dispose()
    return {"seconds": seconds, "growth": growth, "texts": texts, "held_ms": 1000 * held}


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps(uvloop.run(load(sys.argv[1]))))
