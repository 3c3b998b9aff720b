"""Every scenario, by name: importing the modules of scenarios is what makes them known."""

from tests.chaos import crashes, deliveries, scenarios
from tests.chaos.world import SCENARIOS

__all__ = ["SCENARIOS", "crashes", "deliveries", "scenarios"]
