"""A process of its own that reads the catalogue at the address given to it, and prints how long and how much."""

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from time import perf_counter

from sqlalchemy import text

from bench import made
from services.activities.store.catalogue import LiveCatalogue
from services.runtime.connection import Database


async def load(url: str) -> dict[str, float]:
    """Return the seconds, the growth of resident memory, the bytes of the texts, the longest hold of the loop (ms)."""
    database, catalogue, holds = Database(url), LiveCatalogue(), [0.0]

    async def watch() -> None:
        while True:
            before = perf_counter()
            await asyncio.sleep(0)
            holds.append(perf_counter() - before)

    async with database.connect() as connection:
        await connection.scalar(text("select 1"))
        gc.collect()
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
    return {"seconds": seconds, "growth": growth, "texts": texts, "held_ms": 1000 * max(holds)}


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    print(json.dumps(asyncio.run(load(sys.argv[1]))))
