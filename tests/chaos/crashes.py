"""Each named place at which a process can be killed: it is, it starts again, and the run goes on."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import Final

from tests.chaos.instances import Instance
from tests.chaos.platform import SERVICES, Platform
from tests.chaos.world import SCENARIOS, Scenario, World, scenario
from tests.support.waiting import until

CRASH_AT: Final = "MOTESPLATS_CRASH_AT"
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "firing": ("coordinator",),
    "handed_over": ("coordinator",),
    "marked": ("coordinator",),
    "landed": ("referral", "activities", "coordinator"),
    "decided": ("referral", "activities", "coordinator"),
    "written": ("referral", "activities", "coordinator"),
    "committed": ("referral", "activities", "coordinator"),
    "sent": ("referral", "activities", "coordinator"),
}
"""Where each service comes by under load, the rarest first, while there is much to come: silence is a quarter of it.

`importing` and `imported` are come by in a process of their own."""
IMPORTS: Final = ("importing", "imported")
MOST_PASSES: Final = 4
PATIENCE_SECONDS: Final = 300.0
"""How long a process may take to come by all the places, under the load that there is."""


async def crash(world: World, *places: str) -> None:
    """Kill an instance of each service, and each life of it that follows at the next of the places."""
    instances = [world.instance(service) for service in SERVICES]
    await asyncio.gather(*(_crash(world, instance, places) for instance in instances))


async def _crash(world: World, instance: Instance, places: Iterable[str]) -> None:
    wanted = [place for place in places if instance.service in PLACES[place]]
    if not wanted:
        return
    instance.lives.extend({CRASH_AT: f"{place}:{world.dice.randint(1, MOST_PASSES)}"} for place in wanted)
    crashed = instance.kills + 1 + len(wanted)
    instance.send(signal.SIGKILL)
    try:
        await until(lambda: instance.kills >= crashed or world.may_stop, within=PATIENCE_SECONDS)
    except TimeoutError:
        world.load.surprises.append(f"{instance.name} did not come by all of {', '.join(wanted)}")
    died_at = wanted[: len(wanted) - (crashed - instance.kills)]
    if died_at != wanted:
        instance.lives.clear()
        instance.send(signal.SIGTERM)  # its next life is an ordinary one
    world.done.extend(f"{instance.name} {place}" for place in died_at)
    await instance.ready_again(within=PATIENCE_SECONDS)


async def crash_imports(world: World, *places: str) -> None:
    """Kill imports of the changed catalogue, one at each place, and begin each again."""
    for place in places:
        file = world.platform.folder / f"{place}.jsonl"
        changed = (each | {"description": f"Anew: {place}"} for each in world.platform.catalogue.activities)
        file.write_text("".join(f"{json.dumps(each)}\n" for each in changed))
        endings = [await _import(world.platform, file.name, told) for told in ({CRASH_AT: place}, {})]
        if endings != [-signal.SIGKILL, 0]:
            world.load.surprises.append(f"imports killed at {place} ended with {endings}")
        world.tell(f"an import {place}")


async def _import(platform: Platform, file: str, told: Mapping[str, str]) -> int:
    [instance, *_] = [each for each in platform.instances if each.service == "activities"]
    with (platform.folder / "import.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "import", "activities", file),
            env={**os.environ, **instance.environment, **told},
            cwd=platform.folder,
            stdout=log,
            stderr=log,
        )
        return await process.wait()


async def crash_at(world: World, *places: str) -> None:
    """Kill processes at all of the places, those of an import too."""
    await asyncio.gather(
        crash(world, *(place for place in places if place in PLACES)),
        crash_imports(world, *(place for place in places if place in IMPORTS)),
    )


@scenario()
async def crash_points(world: World) -> None:
    """Processes are killed at each named place in turn, one life after the other, and an import too."""
    await crash_at(world, *PLACES, *IMPORTS)


def _register(place: str) -> None:
    async def happens(world: World) -> None:
        await crash_at(world, place)

    name = f"crash-{place.replace('_', '-')}"
    SCENARIOS[name] = Scenario(name, f"Processes are killed again and again at the place `{place}`.", happens)


for _place in (*PLACES, *IMPORTS):
    _register(_place)
