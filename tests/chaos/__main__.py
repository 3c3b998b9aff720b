"""`make chaos SCENARIO=kills SEED=1 REFERRALS=2000`: let things go wrong, and see that every promise is kept."""

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import get_args

import pytest
import uvloop
from rich.console import Console
from rich.table import Table

from tests.chaos.every import SCENARIOS
from tests.chaos.many import SKIPPED, Planned, run_all
from tests.chaos.platform import BrokerName
from tests.chaos.results import figures_of, keep
from tests.chaos.run import PER_SECOND, Outcome, run

SHOWN = 10


def main(arguments: list[str]) -> int:
    """Run scenarios; return 0 when every promise was kept, else 1.

    Of a single run alone: 77 when what it takes is not there, and `--figures` is written.
    """
    given = _told(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that servers go away is what this is about
    console = Console()
    planned = [Planned(scenario, broker) for scenario in given.scenario for broker in given.brokers]
    if len(planned) == 1:
        return _run_here(planned[0], given, console)
    told = ["--seed", str(given.seed), "--referrals", str(given.referrals), "--rate", str(given.rate)]
    told += ["--steps", str(given.steps)]
    folder = Path(tempfile.mkdtemp(prefix="motesplats-chaos-"))
    told += ["--keep"] if given.keep else []
    return 0 if asyncio.run(run_all(planned, told, jobs=given.jobs, folder=folder, console=console)) else 1


def _told(arguments: list[str]) -> argparse.Namespace:
    listed = "\n".join(f"  {each.name:<22}{each.sentence}" for each in SCENARIOS.values())
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Let things go wrong while referrals are on their way, and check a ledger of all that happened.",
        epilog=f"scenarios:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--scenario", default=["kills"], type=_scenarios, metavar="NAME,...", help="or all; default: kills"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same; default: 1")
    parser.add_argument("--referrals", type=int, default=2000, help="how many are sent; default: 2000")
    parser.add_argument("--steps", type=int, default=0, help="how often it goes wrong at least; default: as needed")
    parser.add_argument("--rate", type=float, default=PER_SECOND, help=f"how many a second; default: {PER_SECOND:.0f}")
    parser.add_argument(
        *("--broker", "--brokers"),
        dest="brokers",
        default=["tansu"],
        type=_brokers,
        metavar="NAME,...",
        help="tansu, the embedded broker, or kafka, or both",
    )
    parser.add_argument("--jobs", type=int, default=1, help="of several runs so many at a time; default: 1")
    parser.add_argument("--keep", action="store_true", help="keep the figures for docs/chaos.md")
    parser.add_argument("--figures", type=Path, help="write the figures of a single run to this file")
    return parser.parse_args(arguments)


def _scenarios(text: str) -> list[str]:
    return list(SCENARIOS) if text == "all" else _among(SCENARIOS, text)


def _brokers(text: str) -> list[str]:
    return _among(get_args(BrokerName), text)


def _among(known: Collection[str], text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}")
    return names


def _run_here(planned: Planned, given: argparse.Namespace, console: Console) -> int:
    folder = Path(tempfile.mkdtemp(prefix=f"motesplats-{planned.scenario}-"))
    folder.chmod(0o755)
    scenario = SCENARIOS[planned.scenario]
    try:
        outcome = uvloop.run(
            run(
                replace(scenario, least=max(given.steps, scenario.least)),
                folder,
                broker=planned.broker,
                seed=given.seed,
                referrals=given.referrals,
                per_second=given.rate,
                tell=lambda what: console.print(f"{datetime.now(UTC):%H:%M:%S}  {what}", highlight=False),
            )
        )
    except pytest.skip.Exception as reason:
        console.print(reason.msg)
        return SKIPPED
    report(outcome, console, folder)
    figures = figures_of(outcome)
    if given.figures:
        given.figures.write_text(json.dumps(figures), "utf-8")
    if given.keep:
        keep(figures)
    if outcome.holds:
        shutil.rmtree(folder)
    return 0 if outcome.holds else 1


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
    if after := outcome.stopped_after:
        figures.add_row("stopped", f"after {median(after)} s (median of {len(after)}), at most {max(after)}")
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
