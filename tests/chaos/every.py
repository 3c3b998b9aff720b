"""Every scenario, by name: importing the modules of scenarios is what makes them known."""

from collections.abc import Sequence
from typing import Final

from tests.chaos import crashes, deliveries, scenarios, stalls, stops  # noqa: F401 - some only make their scenarios known
from tests.chaos.world import SCENARIOS, Happens, World, scenario

__all__ = ["SCENARIOS"]
ANY: Final[Sequence[Happens]] = (
    scenarios.kills,
    scenarios.database_crashes,
    scenarios.terminations,
    scenarios.broker_crashes,
    scenarios.mail_trouble,
    scenarios.rebalances,
    deliveries.repeats,
    deliveries.poison,
)


@scenario(least=len(ANY))
async def anything(world: World) -> None:
    """A bit of everything, one after the other: kills, crashes, storms, mail trouble, rebalances, repeats, poison."""
    await ANY[world.steps % len(ANY)](world)
