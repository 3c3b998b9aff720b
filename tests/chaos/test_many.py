"""Many runs at a time: no figures are lost, and a run that comes to nothing is none that was kept."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.chaos import results
from tests.chaos.every import SCENARIOS
from tests.chaos.many import Planned, run_all


def test_runs_that_end_at_the_same_time_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    results.RESULTS.write_text("[]")
    runs = [
        {"scenario": name, "broker": broker, "on": "x" * 9000} for name in SCENARIOS for broker in ("kafka", "tansu")
    ]
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(results.keep, runs))
    kept = results.results()
    assert len(kept) == len(runs)
    assert [(run["broker"], run["scenario"]) for run in kept[:2]] == [("kafka", name) for name in list(SCENARIOS)[:2]]


def test_a_run_takes_the_place_of_the_last_one_of_its_scenario_and_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    results.RESULTS.write_text(json.dumps([{"scenario": "calm", "broker": "tansu", "seed": 1, "more": "x" * 99}]))
    results.keep({"scenario": "calm", "broker": "tansu", "seed": 2})
    assert results.results() == [{"scenario": "calm", "broker": "tansu", "seed": 2}]


async def test_a_run_that_comes_to_no_figures_has_failed(tmp_path: Path) -> None:
    console = Console(file=StringIO(), width=160)
    planned = [Planned("calm", "tansu"), Planned("calm", "kafka")]
    assert not await run_all(planned, ["--no-such-thing"], jobs=2, folder=tmp_path, console=console)
    assert isinstance(console.file, StringIO)
    assert "2 of 2: " in console.file.getvalue()
    assert "failed" in console.file.getvalue()
    assert "unrecognized arguments" in (tmp_path / "kafka-calm.txt").read_text()
