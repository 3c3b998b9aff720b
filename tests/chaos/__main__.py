"""`make chaos SCENARIO=kills SEED=1 REFERRALS=2000`: let things go wrong, and see that every promise is kept."""

import argparse
import logging
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
import uvloop
from rich.console import Console
from rich.table import Table

from tests.chaos.every import SCENARIOS
from tests.chaos.results import keep
from tests.chaos.run import PER_SECOND, Outcome, run

SHOWN = 10


def main(arguments: list[str]) -> int:
    """Run scenarios; return 0 when every promise was kept, else 1."""
    listed = "\n".join(f"  {each.name:<22}{each.sentence}" for each in SCENARIOS.values())
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Let things go wrong while referrals are on their way, and check a ledger of all that happened.",
        epilog=f"scenarios:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--scenario", default="kills", choices=[*SCENARIOS, "all"], metavar="NAME", help="default: kills"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same; default: 1")
    parser.add_argument("--referrals", type=int, default=2000, help="how many are sent; default: 2000")
    parser.add_argument("--rate", type=float, default=PER_SECOND, help="how many a second")
    parser.add_argument(
        "--broker", choices=["tansu", "kafka"], default="tansu", help="the embedded broker, or Apache Kafka"
    )
    parser.add_argument("--keep", action="store_true", help="keep the figures for docs/chaos.md")
    given = parser.parse_args(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that servers go away is what this is about
    console = Console()
    chosen = SCENARIOS.values() if given.scenario == "all" else [SCENARIOS[given.scenario]]
    kept = True
    for scenario in chosen:
        folder = Path(tempfile.mkdtemp(prefix=f"motesplats-{scenario.name}-"))
        folder.chmod(0o755)
        try:
            outcome = uvloop.run(
                run(
                    scenario,
                    folder,
                    broker=given.broker,
                    seed=given.seed,
                    referrals=given.referrals,
                    per_second=given.rate,
                    tell=lambda what: console.print(f"{datetime.now(UTC):%H:%M:%S}  {what}", highlight=False),
                )
            )
        except pytest.skip.Exception as reason:
            console.print(reason.msg)
            return 2
        report(outcome, console, folder)
        if given.keep:
            keep(outcome)
        if outcome.holds:
            shutil.rmtree(folder)
        kept = kept and outcome.holds
    return 0 if kept else 1


def report(outcome: Outcome, console: Console, folder: Path) -> None:
    """Say what the run came to, in words and figures."""
    console.rule(f"{outcome.scenario} on {outcome.broker}, seed {outcome.seed}, {outcome.referrals} referrals")
    figures = Table.grid(padding=(0, 2))
    for what, found in (("states", outcome.states), ("counts", outcome.counts), ("seconds", outcome.seconds)):
        figures.add_row(what, ", ".join(f"{name} {number}" for name, number in found.items()))
    figures.add_row("went wrong", f"{len(outcome.disturbances)} times: {', '.join(outcome.disturbances[:SHOWN])}")
    if after := outcome.recovered_after:
        figures.add_row(
            "recovered", f"work flowed again after {median(after)} s (median of {len(after)}), at most {max(after)}"
        )
    console.print(figures)
    for kind, found in outcome.breaches.items():
        console.print(f"[{'red' if found else 'green'}]{len(found):>5} {kind}", highlight=False)
        for breach in found[:SHOWN]:
            console.print(f"      {breach}", highlight=False, soft_wrap=True)
    for surprise in outcome.surprises[:SHOWN]:
        console.print(f"      [red]surprise: {surprise}", highlight=False, soft_wrap=True)
    if not outcome.holds:
        console.print(f"Logs and data: {folder}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
