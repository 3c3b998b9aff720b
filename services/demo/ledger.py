"""Whether all that was announced has arrived and been handled, counted by type. Never what an event says."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from services.one_machine import OneMachine

LOOK_SECONDS: Final = 0.05

_SENT: Final = "select type, count(*) as n, count(*) filter (where sent_at is null) as unsent from outbox group by type"
_LANDED: Final = "select type, state, count(*) as n from inbox where topic <> '' group by type, state"
_PENDING: Final = "select count(*) from inbox where state in ('ready', 'waiting')"


@dataclass(frozen=True)
class Ledger:
    """How many events of each type every service announced, and how many landed, at about one moment."""

    announced: Mapping[str, int]
    landed: Mapping[str, Mapping[str, int]]
    """By reader and type; what is parked counts as landed, for it has an end."""
    unsent: int
    pending: int
    """Landed, and neither handled nor parked."""

    def missing(self, machine: OneMachine) -> list[str]:
        """Return what was announced and has not landed at a service that handles it, in sentences."""
        return [
            f"{name} has {self.landed[name].get(kind, 0)} of {self.announced[kind]} {kind}"
            for name, made in machine.made.items()
            for kind in made.service.handlers.by_event
            if kind in self.announced and self.announced[kind] != self.landed[name].get(kind, 0)
        ]

    def balances(self, machine: OneMachine) -> bool:
        """Tell whether nothing is on its way between the services."""
        return not (self.unsent or self.pending or self.missing(machine))


async def ledger(machine: OneMachine) -> Ledger:
    """Read the counts, one service after the other."""
    announced, landed, unsent, pending = Counter[str](), {}, 0, 0
    for name, made in machine.made.items():
        arrived = landed[name] = Counter[str]()
        async with made.service.engine.connect() as connection:
            for row in await connection.execute(text(_SENT)):
                announced[row.type] += row.n
                unsent += row.unsent
            for row in await connection.execute(text(_LANDED)):
                arrived[row.type] += row.n
            pending += await connection.scalar(text(_PENDING)) or 0
    return Ledger(announced, landed, unsent, pending)


async def quiet(machine: OneMachine) -> Ledger:
    """Return when nothing is on its way: the counts, which only grow, balance twice in a row and are the same."""
    before = None
    while True:
        now = await ledger(machine)
        if now == before and now.balances(machine):
            return now
        before = now
        await asyncio.sleep(LOOK_SECONDS)
