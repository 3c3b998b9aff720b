"""How far an activity is from where a participant's distances are measured. Never a map or a route."""

from math import asin, cos, pi, radians, sin, sqrt
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_KM: Final = 6371.0088
FARTHEST_CHORD: Final = 4.0
"""Squared, between antipodes on a globe of radius 1."""


class Position(NamedTuple):
    """A point on earth, as a vector of length 1 from its centre: distances are then cheap."""

    x: float
    y: float
    z: float

    @classmethod
    def at(cls, latitude: float, longitude: float) -> Self:
        """Return the point at the degrees."""
        north, east = radians(latitude), radians(longitude)
        return cls(cos(north) * cos(east), cos(north) * sin(east), sin(north))


# Haversine's root is half the straight way, the chord, on a globe of radius 1. Squared chords are what is
# compared: of most places nobody asks more than whether they are too far.


def chords(points: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared chord from each area to each point (shape: areas, points).

    The shape of the points: x y z, points; of the areas: areas, x y z.
    """
    squared = np.zeros((len(areas), points.shape[1]))
    way = np.empty_like(squared)
    for of_points, of_areas in zip(points, areas.T, strict=True):
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
