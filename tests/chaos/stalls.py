"""Loops that stand still in a process that lives: it ends by itself, says so, and is started again."""

import signal
from typing import Final

from services.runtime.process import STANDS_STILL
from tests.chaos.serve import EVERYTHING, LOOPS, STALE, STALLS
from tests.chaos.world import World, scenario
from tests.support.waiting import until

STALE_SECONDS: Final = 10
PATIENCE_SECONDS: Final = 240.0


@scenario(least=len(LOOPS))
async def stalls(world: World) -> None:
    """Landing, a relay or handling stands still, with the locks of its lanes, or a whole process does: it ends."""
    loop = list(LOOPS)[world.steps % len(LOOPS)]
    instance = world.instance()
    ended = instance.endings.count(STANDS_STILL)
    instance.lives.append({STALLS: loop, STALE: str(STALE_SECONDS)})
    instance.send(signal.SIGTERM)
    try:
        await until(lambda: instance.endings.count(STANDS_STILL) > ended or world.may_stop, within=PATIENCE_SECONDS)
    except TimeoutError:
        world.load.surprises.append(f"{instance.name} did not end though its {loop} should stand still")
    if instance.endings.count(STANDS_STILL) > ended:
        world.tell(f"{loop} of {instance.name} stood still")
        instance.cut_off += loop == EVERYTHING
    else:
        instance.lives.clear()
        instance.send(signal.SIGTERM)  # its next life is an ordinary one
    await instance.ready_again(within=PATIENCE_SECONDS)
