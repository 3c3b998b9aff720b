"""How far an activity is from where a participant's distances are measured. Never a map or a route."""

from math import asin, cos, dist, radians, sin
from typing import Final, NamedTuple, Self

EARTH_RADIUS_KM: Final = 6371.0088


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


def distance_km(one: Position, other: Position) -> float:
    """Return the great-circle distance in kilometres, by haversine: its root is half the chord."""
    # Rounding can carry antipodes a hair past 1, where asin is not defined.
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, dist(one, other) / 2))
