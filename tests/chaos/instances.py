"""Instances of the services as real processes, and what supervises them: whoever ends is started again."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.runtime.web import ANSWERS_SECONDS
from tests.support.waiting import until

HOST = "127.0.0.1"
METRICS_PORT = "MOTESPLATS_METRICS_PORT"
LOOK_SECONDS = 0.2
STOP_SECONDS = 60.0
"""After this whoever was asked to end is killed, as whoever runs it in production would."""
PAUSE_SECONDS = 0.1
"""Before an instance that ended is started again."""


@dataclass
class Instance:
    """One process of a service; its log is kept over all its lives."""

    service: str
    number: int
    port: int
    environment: Mapping[str, str]
    log: Path
    lives: deque[Mapping[str, str]] = field(default_factory=deque)
    """What each of the next lives, and no other, is told beside its environment."""
    endings: list[int] = field(default_factory=list)
    """How each life ended: an exit status, or a signal as a negative number."""
    cut_off: int = 0
    """How often it ended by itself and could write nothing down any more, which is as good as killed."""
    wanted: bool = False
    _process: asyncio.subprocess.Process | None = None
    _supervising: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.service} {self.number}"

    @property
    def kills(self) -> int:
        """How often it was killed."""
        return self.endings.count(-signal.SIGKILL)

    @property
    def was_killed(self) -> bool:
        """Whether its last life ended so."""
        return self.endings[-1:] == [-signal.SIGKILL]

    @property
    def pid(self) -> int | None:
        """Its process, None between two lives."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self.wanted = True
        if self._supervising is None or self._supervising.done():
            self._supervising = asyncio.create_task(self._supervise())

    def send(self, number: signal.Signals) -> None:
        """Send its process a signal, if it has one."""
        if self.pid is not None:
            os.kill(self.pid, number)

    async def stop(self) -> int | None:
        """Ask it to end, and return how it ended; it is not started again."""
        self.wanted = False
        self.send(signal.SIGTERM)
        if self._supervising:
            await asyncio.wait([self._supervising], timeout=STOP_SECONDS)
            self.send(signal.SIGKILL)
            await self._supervising
        return self.endings[-1] if self.endings else None

    async def is_ready(self) -> bool:
        """Tell whether it says that it can work."""
        try:
            answer = await _get(f"http://{HOST}:{self.port}/{self.service}/health/ready")
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK

    async def ready_again(self, *, within: float) -> None:
        """Return when it says that it can work; TimeoutError after so many seconds."""
        await until(self.is_ready, within=within, every=LOOK_SECONDS)

    async def metric(self, name: str) -> float:
        """Return what it has counted under the name in this life of it."""
        answer = await _get(f"http://{HOST}:{self.environment[METRICS_PORT]}/metrics")
        lines = (line.partition(" ") for line in answer.text.splitlines())
        return next(float(value) for found, _, value in lines if found == name)

    async def _supervise(self) -> None:
        while self.wanted:
            told = self.lives.popleft() if self.lives else {}
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(
                        sys.executable,
                        "-m",
                        "uvicorn",
                        "--factory",
                        f"tests.chaos.serve:{self.service}",
                    ),
                    *("--host", HOST, "--port", str(self.port), "--no-access-log", "--log-level", "warning"),
                    *("--timeout-graceful-shutdown", str(ANSWERS_SECONDS)),
                    env={**os.environ, **self.environment, **told},
                    stdout=log,
                    stderr=log,
                )
            self.endings.append(await self._process.wait())
            if self.wanted:
                await asyncio.sleep(PAUSE_SECONDS)


async def _get(url: str) -> httpx.Response:
    # Without certificates, which nothing here has: reading them takes longer than all else of it.
    async with httpx.AsyncClient(verify=False, trust_env=False) as client:  # noqa: S501 - it is plain HTTP
        return await client.get(url, timeout=2)
