"""What scenarios act in and how they are found by name. Disturbs nothing by itself."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from services.runtime.transaction import utc_now
from tests.chaos.instances import Instance
from tests.chaos.load import Load
from tests.chaos.platform import SERVICES, Platform
from tests.support.waiting import until

LOOK_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 180.0
"""After which a server is back and nothing flows; how long it takes is told, and a busy machine is no breach."""


@dataclass
class World:
    """What a scenario may disturb, and its dice."""

    platform: Platform
    load: Load
    dice: random.Random
    least: int = 1
    """How many steps the scenario must take."""
    done: list[str] = field(default_factory=list)
    """What was done, in order."""
    steps: int = 0
    """How many steps the scenario has taken."""
    poisoned: set[str] = field(default_factory=set)
    """Keys under which something was sent that cannot be handled."""
    recovered_after: list[float] = field(default_factory=list)
    """How many seconds after a server was back every service had handled something that was brought since."""
    stopped_after: list[float] = field(default_factory=list)
    """How many seconds after it was asked to each process that was stopped had ended."""
    healing: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    """What puts right, when the load is done, what a scenario leaves broken."""

    @property
    def may_stop(self) -> bool:
        """Whether the scenario has happened, and no more requests come that could meet it again."""
        return self.steps >= self.least and self.load.sent >= len(self.load.requests)

    def tell(self, what: str) -> None:
        """Write down what was done."""
        self.done.append(what)

    async def pause(self, shortest: float, longest: float) -> None:
        """Leave everybody alone for so many seconds, drawn between the two."""
        await asyncio.sleep(self.dice.uniform(shortest, longest))

    async def recovers(self) -> None:
        """Return when every service has handled what was brought since now, and remember how long that took."""
        since = utc_now()

        async def all_flowed_at() -> list[datetime]:
            found = [await self.platform.flowed_at(name, since) for name in SERVICES]
            return [at for at in found if at] if all(found) else []

        try:
            # As the databases tell it: whoever looks is busy with the load, and looks late.
            last = max(await until(all_flowed_at, within=PATIENCE_SECONDS, every=LOOK_SECONDS))
            self.recovered_after.append(round((last - since).total_seconds(), 2))
        except TimeoutError:
            if self.load.sent < len(self.load.requests):
                self.load.surprises.append("work did not flow again")

    def instance(self, *services: str) -> Instance:
        """Return one of those that run, of any service or of these."""
        running = [
            each for each in self.platform.instances if each.pid and each.service in (services or (each.service,))
        ]
        return self.dice.choice(running or self.platform.instances)

    async def one_is_ready(self, service: str) -> None:
        """Return when one of the service's instances says that it can work: on a slow machine they start slowly."""

        async def any_is() -> bool:
            return any([await each.is_ready() for each in self.platform.instances if each.service == service])

        await until(any_is, within=PATIENCE_SECONDS, every=LOOK_SECONDS)

    async def heal(self) -> None:
        """Put right whatever is still broken."""
        for each in self.healing:
            await each()
        self.healing.clear()


Happens = Callable[[World], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """What goes wrong: one step, which is repeated until all requests are sent, and at least so often."""

    name: str
    sentence: str
    happens: Happens
    proxied: bool = False
    """Whether connections go through proxies that can break."""
    least: int = 1


SCENARIOS: Final[dict[str, Scenario]] = {}


def scenario(*, proxied: bool = False, least: int = 1) -> Callable[[Happens], Happens]:
    """Have the function be one step of a scenario of its name; its docstring says what goes wrong."""

    def register(happens: Happens) -> Happens:
        name = happens.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, (happens.__doc__ or "").strip(), happens, proxied, least)
        return happens

    return register
