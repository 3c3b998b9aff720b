"""How far an activity is from where a participant's distances are measured. Never a map or a route."""

from collections.abc import Sequence
from math import asin, pi, sin, sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_KM: Final = 6371.0088
FARTHEST_CHORD: Final = 4.0
"""Squared, between antipodes on a globe of radius 1."""


class Position(NamedTuple):
    """A point on earth, in degrees."""

    latitude: float
    longitude: float


def vectors(positions: Sequence[Position] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the points of a globe of radius 1 (shape: x y z, points)."""
    north, east = np.radians(positions).T
    return np.array((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)))


# Haversine's root is half the straight way, the chord, on a globe of radius 1. Squared chords are what is
# compared: of most places nobody asks more than whether they are too far.


def chords(points: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared chord from each area to each point (shape: areas, points).

    Both are `vectors`.
    """
    squared = np.zeros((areas.shape[1], points.shape[1]))
    way = np.empty_like(squared)
    for of_points, of_areas in zip(points, areas, strict=True):
        np.subtract(of_points, of_areas[:, np.newaxis], out=way)
        way *= way
        squared += way
    return squared


def chord_of(km: float) -> float:
    """Return the squared chord of a great-circle distance in kilometres; that of antipodes if it is farther."""
    half_angle = km / (2 * EARTH_RADIUS_KM)
    return FARTHEST_CHORD if half_angle >= pi / 2 else (2 * sin(half_angle)) ** 2


def distance_km(chord: float) -> float:
    """Return the great-circle distance in kilometres of a squared chord."""
    # Rounding can carry antipodes a hair past 1, where asin is not defined.
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord) / 2))


def distances_km(chords: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `distance_km` of each squared chord."""
    half = np.minimum(np.sqrt(chords) / 2, 1.0)
    return np.arcsin(half) * (2 * EARTH_RADIUS_KM)
