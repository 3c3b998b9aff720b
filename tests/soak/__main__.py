"""`make soak`: a million events on Apache Kafka, and whether memory, tables, lag and rate stay as they were."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Final

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from rich.console import Console

from bench.chain import SETTLED, as_record
from bench.platform import SERVICES, Platform, platform, requests
from services.runtime.broker import connection, group_of, partitions_by_topic
from tests.soak.serve import MARK_KEPT, SENT_KEPT
from tests.support.kafka import own_kafka
from tests.support.waiting import until

CHUNK: Final = 1_000
ON_THEIR_WAY: Final = 5_000
"""Requests sent and not settled: enough that nobody waits for work, so that the rate is what the services can do."""
TENTHS: Final = 10
POSTGRES: Final = {"shared_buffers": "1GB", "max_wal_size": "8GB"}
"""As whoever carries millions sets them: what is written at random stays in memory between two checkpoints."""
TENTH_SECONDS: Final = 900.0
LOOK_SECONDS: Final = 2.0
"""Seldom: to count is work for the database."""
REPORT: Final = Path("docs/soak.md")
MEMORY_BAR_MB, RATE_BAR, ROWS_BAR = 256, 0.9, 1.5
PAGE_BYTES: Final = 4096
_ROWS: Final = "select count(*) from {table}"
_BYTES: Final = "select pg_total_relation_size('{table}')"
_LEFT: Final = (
    "select (select count(*) from outbox where sent_at is null) "
    "+ (select count(*) from inbox where state not in ('handled', 'dropped'))"
)


@dataclass(frozen=True)
class Look:
    """What was seen at the end of one tenth."""

    events: int
    seconds: float
    memory_mb: dict[str, float]
    rows: dict[str, int]
    """Of inbox and outbox together, by service."""
    megabytes: dict[str, float]


def main(arguments: list[str]) -> int:
    """Run the soak and write its report; return 0 when every bar was held, else 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description="Carry many events on Apache Kafka and look at what grows."
    )
    parser.add_argument("--events", type=int, default=1_000_000, help="on all topics together; default: 1,000,000")
    parser.add_argument("--report", type=Path, default=REPORT, help=f"default: {REPORT}")
    given = parser.parse_args(arguments)
    console = Console()
    looks, lag = uvloop.run(_soak(given.events, console))
    report, held = _report(looks, lag)
    given.report.write_text(report)
    console.print(report, highlight=False)
    return 0 if held else 1


async def _soak(events: int, console: Console) -> tuple[list[Look], int]:
    with tempfile.TemporaryDirectory(prefix="motesplats-soak-") as folder:
        async with own_kafka(Path(folder)) as kafka:
            factory = "tests.soak.serve:{}"
            async with (
                platform(kafka.bootstrap_servers, factory, POSTGRES) as running,
                _reader(running) as reader,
            ):
                async with _sending(running):
                    # Counted from when tables hold all that is kept, and lose as much as they gain.
                    await asyncio.sleep((SENT_KEPT + MARK_KEPT).total_seconds())
                    before, began = await _on_topics(reader, 1), monotonic()
                    looks = [await _look(running, 0, began)]
                    for tenth in range(1, TENTHS + 1):
                        wanted = before + events * tenth / TENTHS
                        seen = await until(partial(_on_topics, reader, wanted), within=TENTH_SECONDS)
                        looks.append(await _look(running, seen - before, began))
                        console.print(looks[-1], highlight=False)
                await until(partial(_is_at_rest, running), within=TENTH_SECONDS)
                return looks, await _behind(running)


@asynccontextmanager
async def _sending(running: Platform) -> AsyncIterator[None]:
    """Send requests within this context, never more than some thousands ahead of what is settled."""
    sending = asyncio.create_task(_send(running))
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def _send(running: Platform) -> None:
    async with AIOKafkaProducer(bootstrap_servers=running.kafka, acks="all", linger_ms=5) as producer:
        sent, seed = 0, 100
        while True:
            while sent - await running.count("referral", SETTLED) > ON_THEIR_WAY:  # noqa: ASYNC110 - it happens elsewhere
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.wait([await producer.send(**as_record(body)) for body in requests(CHUNK, seed)])
            sent, seed = sent + CHUNK, seed + 1


@asynccontextmanager
async def _reader(running: Platform) -> AsyncIterator[AIOKafkaConsumer]:
    async with AIOKafkaConsumer(bootstrap_servers=running.kafka) as reader:
        found = await partitions_by_topic(running.settings["referral"])
        ours = [part for topic, parts in found.items() if not topic.startswith("__") for part in parts]
        reader.assign(ours)
        yield reader


async def _on_topics(reader: AIOKafkaConsumer, wanted: float) -> int:
    """Return how many events there are, 0 as long as they are fewer than wanted."""
    there = sum((await reader.end_offsets(list(reader.assignment()))).values())
    return there if there >= wanted else 0


async def _is_at_rest(running: Platform) -> bool:
    return not any([await running.count(name, _LEFT) for name in SERVICES]) and not await _behind(running)


async def _behind(running: Platform) -> int:
    """Return how many events the groups have not acknowledged."""
    behind = 0
    settings = running.settings["referral"]
    found = await partitions_by_topic(settings)
    for group in (*map(group_of, SERVICES), group_of("referral", requests=True)):
        async with AIOKafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False) as consumer:
            committed = {part: await consumer.committed(part) for parts in found.values() for part in parts}
            read = {part: offset for part, offset in committed.items() if offset is not None}
            ends = await consumer.end_offsets(list(read)) if read else {}
            behind += sum(end - read[part] for part, end in ends.items())
    return behind


async def _look(running: Platform, events: int, began: float) -> Look:
    rows, megabytes, memory = {}, {}, {}
    for name in SERVICES:
        rows[name] = sum([await running.count(name, _ROWS.format(table=table)) for table in ("inbox", "outbox")])
        size = sum([await running.count(name, _BYTES.format(table=table)) for table in ("inbox", "outbox")])
        megabytes[name] = round(size / 1e6, 1)
        memory[name] = _resident_mb(running.processes[name].pid)
    return Look(events, round(monotonic() - began, 1), memory, rows, megabytes)


def _resident_mb(pid: int) -> float:
    return round(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6, 1)


def _report(looks: list[Look], lag: int) -> tuple[str, bool]:
    rates = [(after.events - before.events) / (after.seconds - before.seconds) for before, after in pairwise(looks)]
    last_to_first = rates[-1] / rates[0]
    most = max(max(look.memory_mb.values()) for look in looks)
    rows = [sum(look.rows.values()) for look in looks]
    grown = rows[-1] / median(rows)
    bars = {
        f"every process under {MEMORY_BAR_MB} MB: at most {most:.0f}": most < MEMORY_BAR_MB,
        f"lag at the end: {lag}": lag == 0,
        f"rate of the last tenth to the first at least {RATE_BAR}: {last_to_first:.2f}": last_to_first >= RATE_BAR,
        f"rows of inbox and outbox at the end to their median at most {ROWS_BAR}: {grown:.2f}": grown <= ROWS_BAR,
    }
    lines = [
        "# A million events",
        "",
        f"Printed by `make soak`: {looks[-1].events:,} events on the topics of one Apache Kafka, three processes,",
        f"{looks[-1].seconds:.0f} s on one machine with {os.cpu_count()} cores.",
        "Requests have policy `best_match`, mails go to a sink. What production keeps for 7 and 14 days is kept here",
        f"for {SENT_KEPT.total_seconds():.0f} s (sent events) and {MARK_KEPT.total_seconds():.0f} s (marks of handled",
        "ones); it is counted from when that is full, so that as much is deleted as comes. Three figures are those of",
        "referral, activities and coordinator; rows and MB are of inbox and outbox. PostgreSQL has",
        f"{', '.join(f'{name} {value}' for name, value in POSTGRES.items())}.",
        "",
        "| events | seconds | events a second | MB resident | rows | MB of tables |",
        "|---:|---:|---:|---|---|---|",
    ]
    lines += [
        f"| {look.events:,} | {look.seconds:.0f} | {rate:,.0f} | {_three(look.memory_mb)} | {_three(look.rows)} "
        f"| {_three(look.megabytes)} |"
        for look, rate in zip(looks[1:], rates, strict=True)
    ]
    lines += ["", *(f"- {'held' if held else '**not held**'}: {bar}" for bar, held in bars.items()), ""]
    return "\n".join(lines), all(bars.values())


def _three(found: dict[str, float] | dict[str, int]) -> str:
    return ", ".join(f"{found[name]:,.0f}" for name in SERVICES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
