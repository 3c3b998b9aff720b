"""Sets of activities that serve the same municipality. Never what they are.

A set is an int, a bit for each activity: to unite, intersect and count such sets costs next to nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.activities.domain.matching.columns import Column

Those = int
"""A set of activities that serve the same municipality."""
Sets = dict[Any, Those]
"""By a value, those that have it; a value that none has is not there."""
Slots = NDArray[np.intp]
"""Some slots."""


def as_set(mask: Column) -> Those:
    """Return the set of the slots where the mask holds."""
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


def set_of(slots: Slots) -> Those:
    """Return the set of the slots."""
    mask = np.zeros(slots.max(initial=-1) + 1, np.bool_)
    mask[slots] = True
    return as_set(mask)


def sets_of(values: Column, slots: Slots) -> Iterator[tuple[int, Those]]:
    """Yield each of the values with the set of the slots beside it."""
    found, numbers = np.unique(values, return_inverse=True)
    masks = np.zeros((len(found), slots.max(initial=-1) + 1), np.bool_)
    masks[numbers, slots] = True
    octets = np.packbits(masks, axis=1, bitorder="little")
    return zip(found.tolist(), (int.from_bytes(those, "little") for those in octets), strict=True)


def moved(sets: Sequence[Those], before: Slots, after: Slots) -> list[Those]:
    """Return sets of the slots before as those of the slots after."""
    octets = before.max() // 8 + 1
    every = b"".join([those.to_bytes(octets, "little") for those in sets])
    bits = np.unpackbits(np.frombuffer(every, np.uint8).reshape(len(sets), octets), axis=1, bitorder="little")
    masks = np.zeros((len(sets), after.max() + 1), np.bool_)
    masks[:, after] = bits[:, before]
    return [int.from_bytes(those, "little") for those in np.packbits(masks, axis=1, bitorder="little")]


def run_of(slots: Slots) -> Slots | slice:
    """Return slots in order as a slice if they are neighbours: numpy is quicker with that."""
    first, last = int(slots[0]), int(slots[-1])
    return slice(first, last + 1) if last - first == len(slots) - 1 else slots


def slots_in(those: Those) -> Slots:
    """Return the slots of a set, in order."""
    octets = those.to_bytes((those.bit_length() + 7) // 8, "little")
    return np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little").nonzero()[0]


def union(sets: Sets, values: Iterable[object]) -> Those:
    """Return those that have any of the values."""
    those = 0
    for value in values:
        those |= sets.get(value, 0)
    return those
