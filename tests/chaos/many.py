"""Many runs, some at a time, each in a process of its own; what each printed is kept in a folder. Judges nothing."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tests.chaos.platform import BrokerName

LONGEST_SECONDS: Final = 1200.0
"""After this a run has hung."""
WIDE: Final = {"COLUMNS": "160"}
KEPT, SKIPPED, HUNG = 0, 77, -signal.SIGKILL


@dataclass(frozen=True)
class Planned:
    """A scenario on a broker."""

    scenario: str
    broker: BrokerName

    def __str__(self) -> str:
        return f"{self.scenario} on {self.broker}"


@dataclass(frozen=True)
class Ended:
    """How a run ended, and its figures if it came to any."""

    planned: Planned
    status: int
    seconds: float
    figures: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """How it ended, in a word."""
        if self.status == KEPT:
            return "kept"
        if self.figures:
            return "broken"
        return {SKIPPED: "skipped", HUNG: "hung"}.get(self.status, "failed")


async def run_all(
    planned: Sequence[Planned], told: Sequence[str], *, jobs: int, folder: Path, console: Console
) -> bool:
    """Run all of them, so many at a time, each with these arguments; return whether every promise was kept."""
    free, ended = asyncio.Semaphore(jobs), list[Ended]()

    async def one(each: Planned) -> None:
        async with free:
            ended.append(found := await _run(each, told, folder))
        now, place = f"{datetime.now(UTC):%H:%M:%S}", f"{len(ended)} of {len(planned)}"
        console.print(f"{now}  {place}: {each} {found.verdict} after {found.seconds:.0f} s", highlight=False)

    console.print(f"{len(planned)} runs, {jobs} at a time; what each prints: {folder}", highlight=False)
    began = monotonic()
    running = asyncio.gather(*map(one, planned))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)  # no run outlives us
    await running
    console.print(_table(sorted(ended, key=lambda each: planned.index(each.planned))))
    broken = sum(each.status != KEPT for each in ended)
    console.print(f"{len(ended)} runs in {(monotonic() - began) / 60:.0f} minutes, {broken} not as they should be")
    return not broken


async def _run(planned: Planned, told: Sequence[str], folder: Path) -> Ended:
    printed, figures = (folder / f"{planned.broker}-{planned.scenario}.{kind}" for kind in ("txt", "json"))
    began = monotonic()
    with printed.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos", "--scenario", planned.scenario, "--broker", planned.broker),
            *("--figures", str(figures), *told),
            env=os.environ | WIDE,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            await asyncio.wait_for(process.wait(), LONGEST_SECONDS)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)  # and all that it started
            await process.wait()
            if not isinstance(error, TimeoutError):
                raise
    found = json.loads(figures.read_text("utf-8")) if figures.exists() else {}
    return Ended(planned, int(process.returncode or 0), monotonic() - began, found)


def _table(ended: Sequence[Ended]) -> Table:
    table = Table("scenario", "broker", "", "referrals", "broken", "breaches", "surprises", "mails", "again", "seconds")
    for each in ended:
        found = each.figures
        breaches = ", ".join(f"{number} {kind}" for kind, number in found.get("breaches", {}).items() if number)
        shown = ("surprises", "mails", "mails_again")
        table.add_row(
            *(each.planned.scenario, each.planned.broker, each.verdict),
            *(str(found.get(name, "")) for name in ("referrals", "broken")),
            breaches or ("0" if found else ""),
            *(str(found.get(name, "")) for name in shown),
            f"{each.seconds:.0f}",
        )
    return table
