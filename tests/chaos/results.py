"""What runs of chaos came to, as they are kept in `results.json` and told in `docs/chaos.md`. Runs nothing."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.chaos.every import SCENARIOS
from tests.chaos.run import Outcome
from tests.support.checker import CHECKS

RESULTS: Final = Path(__file__).with_name("results.json")
PAGE: Final = Path(__file__).parents[2] / "docs" / "chaos.md"
HEAD: Final = """\
# What was broken, and what came of it

Written by `make docs` from `tests/chaos/results.json`, which `make chaos SCENARIO=kills KEEP=yes` writes: the last run
of each scenario on each broker that was kept. Each runs two instances of every service as processes of their own, and
a load of referrals, choices, answers and withdrawals while things go wrong. Then a ledger of all that happened is
read, and every breach of a promise counted, as [decision 60](decisions/0060-a-ledger-proves-that-nothing-is-lost.md)
tells.

*Broken* is how often something was. *Again* is how many mails came once more than they should, each after a process
was killed or a mail server hung up between taking a mail and saying so. *Flows* is how many seconds after a server
was back (Tansu: with its topics, and everybody reading them) every service had handled something that the broker
brought since; *ends* is how many seconds after it was asked to a process that was stopped had ended. Of both: the
median, the longest, and of how many. *Seconds* are those of the whole run.
"""
Kept = Mapping[str, Any]


def keep(figures: Kept) -> None:
    """Put the figures of a run in the place of those of the last one of its scenario and broker."""
    with RESULTS.open("r+", encoding="utf-8") as file:
        flock(file, LOCK_EX)  # other runs end at the same time
        others = [kept for kept in json.load(file) if _place(kept) != _place(figures)]
        text = ",\n".join(json.dumps(kept) for kept in sorted([*others, figures], key=_place))
        file.seek(0)
        file.truncate()
        file.write(f"[\n{text}\n]\n")


def results() -> list[Kept]:
    """Return the figures of every run that was kept."""
    return list(json.loads(RESULTS.read_text("utf-8")))


def page() -> str:
    """Return the page: what each scenario does, and a table of the runs on each broker."""
    kept = results()
    parts = [HEAD, *(f"- `{each.name}`: {each.sentence}" for each in SCENARIOS.values())]
    for broker, name in (("kafka", "Apache Kafka"), ("tansu", "Tansu, which forgets when it is killed")):
        parts += ["", f"## On {name}", "", *_table(run for run in kept if run["broker"] == broker)]
    return "\n".join([*parts, ""])


def figures_of(outcome: Outcome) -> Kept:
    """Return what is kept of a run."""
    return {
        "scenario": outcome.scenario,
        "broker": outcome.broker,
        "on": datetime.now(UTC).date().isoformat(),
        "referrals": outcome.referrals,
        "seed": outcome.seed,
        "broken": len(outcome.disturbances),
        "breaches": {kind: len(found) for kind, found in outcome.breaches.items()},
        "surprises": len(outcome.surprises),
        "mails": outcome.counts["mails"],
        "mails_again": outcome.counts["mails repeated"],
        "events_handled": outcome.counts["events handled"],
        "flows_after": list(outcome.recovered_after),
        "stopped_after": list(outcome.stopped_after),
        "seconds": round(sum(outcome.seconds.values())),
    }


def _table(runs: Iterable[Kept]) -> Iterator[str]:
    columns = (
        "scenario",
        "on",
        "referrals",
        "seed",
        "broken",
        *CHECKS,
        "surprises",
        "mails",
        "again",
        "flows",
        "ends",
        "seconds",
    )
    yield _row(columns)
    yield _row(["---", "---", *["--:"] * (len(columns) - 2)])
    for run in runs:
        yield _row(
            [
                *(f"`{run['scenario']}`", run["on"], run["referrals"], run["seed"], run["broken"]),
                *(run["breaches"][kind] for kind in CHECKS),
                *(run["surprises"], run["mails"], run["mails_again"]),
                *(_median_and_longest(run.get(figures, [])) for figures in ("flows_after", "stopped_after")),
                run["seconds"],
            ]
        )


def _median_and_longest(seconds: Sequence[float]) -> str:
    return f"{median(seconds):.1f} / {max(seconds):.1f} ({len(seconds)})" if seconds else ""


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _place(run: Kept) -> tuple[str, int]:
    return run["broker"], list(SCENARIOS).index(run["scenario"])
