"""Matching over the made catalogue: how quickly, beside SQL, as it grows, and what it takes to have it in memory."""

import asyncio
import gc
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from uuid import UUID

from bench import made, match_sql
from bench.figures import Figures, figure, median, percentile
from schemas.explanations import Explanation, reasons_said
from services.activities.domain.matching import Activity, Catalogue, Match, Need, record_of
from services.runtime import migrations
from services.runtime.connection import Database
from services.runtime.embedded.postgres import Postgres

REFERRALS, ALONE = 5_000, 2_000
BATCH = 2_500
FEW_TOWNS, MANY_TOWNS = 29, 2_900
SEEDS = {"towns": 1, "activities": 2, "referrals": 3}


async def measure() -> Figures:
    """Return the matcher's figures."""
    towns = made.towns_by_zipf(made.ACTIVITIES)
    activities, needs = list(made.activities(towns)), made.needs(towns, REFERRALS)
    catalogue = Catalogue()
    catalogue.put(*activities)
    figures, asked = speed(catalogue, needs), needs[:BATCH]
    with tempfile.TemporaryDirectory(prefix="motesplats-bench-") as folder:
        async with Postgres(Path(folder)) as postgres:
            urls = await postgres.databases("activities", "rival")
            figures |= await match_sql.measure(urls["rival"], activities, asked, best(catalogue, asked))
            figures |= await load(urls["activities"], activities)
    ours, sql = rate(catalogue, asked), figures["sql_match_per_s_100k"]["value"]
    of = {"activities": len(activities), "referrals": BATCH, "match_per_s": ours, "sql_match_per_s": sql}
    del activities, catalogue
    return figures | {"match_vs_sql": figure(ours / sql, "ratio", **of)} | growth()


def speed(catalogue: Catalogue, needs: Sequence[Need]) -> Figures:
    """Return how many a second in batches, and how long single calls take."""
    alone = [seconds for seconds, _ in calls(catalogue, needs[:ALONE])]
    per_s = median([rate(catalogue, needs) for _ in range(3)])
    of = {"activities": len(catalogue), "municipalities": 290, "seeds": SEEDS, "limit": 5, "explanations": "sentences"}
    return {
        "match_per_s_100k": figure(per_s, "referrals/s", referrals=len(needs), batch=BATCH, runs=3, **of),
        "match_p99_us_100k": figure(
            1e6 * percentile(alone, 0.99), "us", calls=len(alone), p50=1e6 * median(alone), **of
        ),
    }


def rate(catalogue: Catalogue, needs: Sequence[Need]) -> float:
    """Return how many needs a second are matched in batches, their proposals explained."""
    started = perf_counter()
    for start in range(0, len(needs), BATCH):
        for _, match in catalogue.matches(needs[start : start + BATCH], made.ON):
            explain(match)
    return len(needs) / (perf_counter() - started)


def calls(catalogue: Catalogue, needs: Sequence[Need]) -> Iterator[tuple[float, Match]]:
    """Yield how many seconds each need takes alone, explained, and its match; a first one makes all ready."""
    catalogue.match(needs[0], made.ON)
    for need in needs:
        started = perf_counter()
        match = catalogue.match(need, made.ON)
        explain(match)
        yield perf_counter() - started, match


def explain(match: Match) -> None:
    """Say why each proposal is one."""
    for proposal in match.proposals:
        reasons_said(Explanation(proposal.reasons, proposal.distance_km), "sv")


def best(catalogue: Catalogue, needs: Sequence[Need]) -> list[list[str]]:
    """Return the ids that each need is proposed."""
    return [[each.activity_id for each in catalogue.match(need, made.ON).proposals] for need in needs]


def growth() -> Figures:
    """Return how much longer a call takes when the catalogue is a hundred times as large and no denser.

    The two take turns, call by call, so that what else the machine is at is the same for both.
    """
    catalogues, asked = [], []
    for towns in (made.towns_alike(FEW_TOWNS), made.towns_alike(MANY_TOWNS)):
        catalogue, coming = Catalogue(), made.activities(towns)
        for town in towns:
            catalogue.put(*[next(coming) for _ in range(town.activities)])
        catalogues.append(catalogue)
        asked.append(made.needs(towns, ALONE))
    gc.collect()
    pairs = zip(*map(calls, catalogues, asked), strict=True)
    few, many = (1e6 * median(seconds) for seconds in zip(*([each for each, _ in pair] for pair in pairs), strict=True))
    medians = {str(len(catalogue)): round(us, 1) for catalogue, us in zip(catalogues, (few, many), strict=True)}
    of = {"median_us": medians, "calls": ALONE, "seeds": SEEDS}
    return {"match_growth_10k_to_1m": figure(many / few, "ratio", **of)}


async def load(url: str, activities: Sequence[Activity]) -> Figures:
    """Return how long a process of its own takes to have the catalogue in memory, and how much of it."""
    await migrations.upgrade(url, "activities")
    database = Database(url)
    async with database.connect() as connection:
        columns = ("activity_id", "municipality", "organiser_id", "status", "name", "document", "matched")
        await connection.copy("activity", columns, map(row, activities))
        seats = ((UUID(each.activity_id), each.maximum, each.taken, 0) for each in activities)
        await connection.copy("seats", ("activity_id", "maximum", "taken", "walk_ins"), seats)
    await database.dispose()
    found = [await in_a_process(url) for _ in range(3)]
    seconds = median([each["seconds"] for each in found])
    beside = median([(each["growth"] - each["texts"]) / len(activities) for each in found])
    of = {"activities": len(activities), "seeds": SEEDS, "runs": len(found)}
    held = {name: round(max(each[name] for each in found), 1) for name in ("held_ms", "nationwide_held_ms")}
    texts = round(found[0]["texts"] / len(activities))
    return {
        "match_index_load_s_100k": figure(seconds, "s", **held, **of),
        "match_index_bytes_per_activity": figure(beside, "bytes", texts=f"the documents, {texts} bytes each", **of),
    }


def row(activity: Activity) -> tuple[object, ...]:
    """Return the activity as the service stores it."""
    document = made.document(activity)
    return (
        UUID(activity.activity_id),
        activity.municipality,
        "o",
        activity.status,
        "n",
        document,
        record_of(activity),
    )


async def in_a_process(url: str) -> dict[str, float]:
    """Return what `bench.match_load` prints."""
    command = (sys.executable, "-m", "bench.match_load", url)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert process.returncode == 0
    found: dict[str, float] = json.loads(printed)
    return found
