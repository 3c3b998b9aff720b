"""The story as it happens: counted, and shown a few times a second. Never who a participant is."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

LINES_SHOWN = 8
SHOWN_A_SECOND = 4
HAPPENINGS = {
    "sent": "requests sent",
    "refused": "refused",
    "stored": "stored",
    "chosen": "choices by coaches",
    "noticed": "notices read",
    "accepted": "accepted",
    "declined": "declined",
    "silent": "left unanswered",
    "visited": "first visits",
}
"""What is counted, in the order in which it happens."""


@dataclass
class Telling:
    """Counts what happens and keeps the last lines; without a terminal a line a second tells the counts."""

    console: Console
    counts: Counter[str] = field(default_factory=Counter)
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_SHOWN))
    _began: float = field(default_factory=monotonic)
    _stages: list[tuple[str, float]] = field(default_factory=list)

    def stage(self, what: str) -> None:
        """Say what is done from now on."""
        self._stages.append((what, monotonic()))
        self._lines.append(f"{self._now()}  {what}")
        if not self.console.is_terminal:
            self._print(what)

    @property
    def seconds(self) -> dict[str, float]:
        """How long each stage took; the last one has only begun."""
        return {what: round(end - begin, 1) for (what, begin), (_, end) in pairwise(self._stages)}

    def happened(self, what: str, line: str) -> None:
        """Count something of `HAPPENINGS` and tell of it."""
        self.counts[what] += 1
        self._lines.append(f"{self._now()}  {line}")

    @asynccontextmanager
    async def live(self) -> AsyncIterator[None]:
        """Show it within this context."""
        if self.console.is_terminal:
            with Live(
                console=self.console, get_renderable=self._picture, refresh_per_second=SHOWN_A_SECOND, transient=True
            ):
                yield
            return
        printing = asyncio.create_task(self._print_counts())
        try:
            yield
        finally:
            printing.cancel()
            with suppress(asyncio.CancelledError):
                await printing

    async def _print_counts(self) -> None:
        told = ""
        while True:
            if self.counts and (line := self._summary()) != told:
                self._print(line)
                told = line
            await asyncio.sleep(1)

    def _summary(self) -> str:
        return ", ".join(f"{self.counts[what]} {words}" for what, words in HAPPENINGS.items() if self.counts[what])

    def _picture(self) -> RenderableType:
        table = Table("", "", Column(no_wrap=True, overflow="crop"), box=None, show_header=False, pad_edge=False)
        for what, words in HAPPENINGS.items():
            table.add_row(words, str(self.counts[what]), "█" * self.counts[what])
        return Group(table, *(Text(line, overflow="ellipsis", no_wrap=True) for line in self._lines))

    def _print(self, line: str) -> None:
        self.console.print(f"{self._now()}  {line}", highlight=False, soft_wrap=True)

    def _now(self) -> str:
        return f"{monotonic() - self._began:5.1f} s"
