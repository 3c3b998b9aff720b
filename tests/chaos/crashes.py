"""Each named place at which a process can be killed: it is, it starts again, and the run goes on."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Final

from tests.chaos.instances import Instance
from tests.chaos.platform import Platform
from tests.chaos.world import SCENARIOS, Scenario, World, scenario
from tests.support.waiting import until

CRASH_AT: Final = "MOTESPLATS_CRASH_AT"
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "landed": ("referral", "activities", "coordinator"),
    "decided": ("referral", "activities", "coordinator"),
    "written": ("referral", "activities", "coordinator"),
    "committed": ("referral", "activities", "coordinator"),
    "sent": ("referral", "activities", "coordinator"),
    "handed_over": ("coordinator",),
    "firing": ("coordinator",),
}
"""Where each service comes by under load; `importing` and `imported` are come by in a process of their own."""
IMPORTS: Final = ("importing", "imported")
MOST_PASSES: Final = 4


async def crash(world: World, place: str) -> None:
    """Kill an instance of each service that comes by the place, and have the supervisor start it again."""
    await asyncio.gather(*(_crash(world, world.instance(service), place) for service in PLACES[place]))


async def _crash(world: World, instance: Instance, place: str) -> None:
    instance.once = {CRASH_AT: f"{place}:{world.dice.randint(1, MOST_PASSES)}"}
    instance.send(signal.SIGKILL)
    crashed = instance.kills + 2
    try:
        await until(lambda: instance.kills >= crashed, within=40)
        world.tell(f"{instance.name} {place}")
    except TimeoutError:
        instance.send(signal.SIGTERM)  # it did not come by; it is not to do so later
        world.tell(f"{instance.name} did not come by {place}")
    await until(instance.is_ready, within=60)


async def crash_import(world: World, place: str) -> None:
    """Kill an import of the changed catalogue at the place, and begin it again."""
    file = world.platform.folder / f"{place}.jsonl"
    changed = (each | {"description": f"Anew: {place}"} for each in world.platform.catalogue.activities)
    file.write_text("".join(f"{json.dumps(each)}\n" for each in changed))
    endings = [
        await _import(world.platform, file.name, {CRASH_AT: place}),
        await _import(world.platform, file.name, {}),
    ]
    world.tell(f"an import {place} ended with {endings[0]}, and begun again with {endings[1]}")


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


@scenario(least=len(PLACES) + len(IMPORTS))
async def crash_points(world: World) -> None:
    """Processes are killed at each named place in turn, and an import too."""
    place = [*PLACES, *IMPORTS][world.steps % (len(PLACES) + len(IMPORTS))]
    await (crash if place in PLACES else crash_import)(world, place)


def _register(place: str) -> None:
    async def happens(world: World) -> None:
        await (crash if place in PLACES else crash_import)(world, place)

    name = f"crash-{place.replace('_', '-')}"
    SCENARIOS[name] = Scenario(name, f"Processes are killed again and again at the place `{place}`.", happens)


for _place in (*PLACES, *IMPORTS):
    _register(_place)
