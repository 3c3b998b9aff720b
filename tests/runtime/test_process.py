"""A process in which something stands still ends by itself; what its other loops did is written down if it can be."""

import subprocess
import sys

import pytest

from services.runtime.process import STANDS_STILL

SERVING = """
import asyncio
from contextlib import asynccontextmanager
from time import sleep

import uvicorn
from fastapi import FastAPI

from services.runtime import process
from services.runtime.telemetry import Heartbeats

process.LONGEST_STOP = 1


class Service:
    heartbeats = Heartbeats()

    @asynccontextmanager
    async def running(self):
        self.heartbeats.expect("toy.loop", 0)
        yield
        print("written down", flush=True)


@asynccontextmanager
async def lifespan(_):
    async with process.watched(Service()):
        {then}
        yield


uvicorn.run(FastAPI(lifespan=lifespan), port=0, log_level="warning")
"""


@pytest.mark.parametrize(
    ("then", "written"),
    [("await asyncio.sleep(0)", ["written down"]), ("sleep(60)", [])],
    ids=["one loop", "everything"],
)
def test_a_process_that_stands_still_writes_down_what_it_can_and_ends(then: str, written: list[str]) -> None:
    command = [sys.executable, "-c", SERVING.replace("{then}", then)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)  # noqa: S603 - ours

    assert ended.returncode == STANDS_STILL, ended.stderr
    assert [line for line in ended.stdout.splitlines() if line == "written down"] == written
    assert "stands_still" in ended.stdout + ended.stderr
