"""Drawing by weight, so that what is frequent in life is frequent in the demo. Never for secrets."""

import random
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def one_of(rng: random.Random, weights: Mapping[T, int]) -> T:
    """Return a key, each as often as its weight says."""
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def chance(rng: random.Random, percent: int) -> bool:
    """Say yes as often as `percent` of a hundred."""
    return rng.random() * 100 < percent
