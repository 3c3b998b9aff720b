"""What can go wrong while referrals are on their way: each scenario disturbs again and again until the load is done."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from services.runtime.embedded.tansu import Tansu
from tests.chaos.instances import Instance
from tests.chaos.load import Load
from tests.chaos.platform import Platform


@dataclass
class World:
    """What a scenario may disturb, and its dice."""

    platform: Platform
    load: Load
    dice: random.Random
    done: list[str] = field(default_factory=list)
    """What was done, in order."""
    poisoned: set[str] = field(default_factory=set)
    """Keys under which something was sent that cannot be handled."""
    healing: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    """What puts right again what is still broken, when the load is done."""

    async def heal(self) -> None:
        """Put right whatever is still broken."""
        for each in self.healing:
            await each()
        self.healing.clear()

    def tell(self, what: str) -> None:
        """Write down what is done now."""
        self.done.append(what)

    async def pause(self, shortest: float, longest: float) -> None:
        """Leave everybody alone for so many seconds, drawn between the two."""
        await asyncio.sleep(self.dice.uniform(shortest, longest))

    def instance(self) -> Instance:
        """Return one of those that run."""
        return self.dice.choice([each for each in self.platform.instances if each.pid is not None])


@dataclass(frozen=True)
class Scenario:
    """What goes wrong, and what it needs in between."""

    name: str
    happens: Callable[[World], Awaitable[None]]
    proxied: bool

    @property
    def sentence(self) -> str:
        """What goes wrong, in one sentence."""
        return (self.happens.__doc__ or "").strip()


SCENARIOS: Final[dict[str, Scenario]] = {}
Happens = Callable[[World], Awaitable[None]]


def scenario(*, proxied: bool = False) -> Callable[[Happens], Happens]:
    """Have the function run, again and again, while the load is on its way; its docstring says what it does."""

    def register(happens: Happens) -> Happens:
        name = happens.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, happens, proxied)
        return happens

    return register


@scenario()
async def calm(world: World) -> None:
    """Nothing goes wrong."""
    await world.pause(1, 1)


@scenario()
async def kills(world: World) -> None:
    """A process of a service is killed every 2 to 5 seconds."""
    await world.pause(2, 5)
    instance = world.instance()
    instance.send(signal.SIGKILL)
    world.tell(f"killed {instance.name}")


@scenario()
async def database_crashes(world: World) -> None:
    """PostgreSQL stops as in a crash and starts again."""
    await world.pause(3, 7)
    await world.platform.postgres.restart("immediate")
    world.tell("PostgreSQL crashed")


@scenario()
async def broker_crashes(world: World) -> None:
    """The broker is killed and starts again: Apache Kafka with what it had, Tansu empty."""
    await world.pause(5, 9)
    await world.platform.restart_broker()
    if isinstance(world.platform.broker, Tansu):
        await world.load.send_again()
    world.tell("the broker crashed")
