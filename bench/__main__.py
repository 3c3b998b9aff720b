"""`make bench`: measure everything in one run, and write bench/results.json."""

import argparse
import sys

import uvloop

from bench import answers, chain, fairness, floor, imports, match, notices, relay
from bench.figures import Figures, figure, write


async def main() -> Figures:
    """Return all figures of this run."""
    figures: Figures = {}
    # What is measured at rest comes before what fills disks.
    for part in (chain, answers, floor, notices, relay, imports, fairness, match):
        print(f"measuring {part.__name__.removeprefix('bench.')} ...", file=sys.stderr, flush=True)
        figures |= await part.measure()
    efficiency = figures["chain_events_per_s"]["value"] / figures["floor_events_per_s"]["value"]
    of = {"chain": "chain_events_per_s", "floor": "floor_events_per_s", **figures["chain_events_per_s"]["of"]}
    return figures | {"chain_efficiency": figure(efficiency, "ratio", **of)}


if __name__ == "__main__":
    argparse.ArgumentParser("python -m bench", description=__doc__, epilog="example: make bench").parse_args()
    results = uvloop.run(main())
    write(results)
    for name, entry in sorted(results.items()):
        print(f"{name:28} {entry['value']:>14,.3f} {entry['unit']}")
