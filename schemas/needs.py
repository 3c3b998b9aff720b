"""What an activity must fit for one person. Never who that is, nor why they were referred."""

from datetime import timedelta
from typing import Final

from pydantic import Field

from schemas.event import Part
from schemas.fields import (
    Language,
    Municipality,
    Number,
    RoundedLatitude,
    RoundedLongitude,
    Unrepeated,
)
from schemas.parts import Cost, WeeklyTime
from schemas.vocabulary import AccessNeed, Category, GroupSizeWish, Mode

TRIED_FOR: Final = timedelta(days=90)
"""How long needs that nothing fits are tried again, whenever a change of the catalogue could help."""


class Area(Part):
    """Where to measure from, in degrees rounded to 0.01 on receipt; the finer value is not kept."""

    latitude: RoundedLatitude
    longitude: RoundedLongitude


class Preferences(Part):
    """What the participant would rather have; it moves the ranking and excludes nothing."""

    peer_led: bool | None = None
    group_size: GroupSizeWish = "any"


class Needs(Part):
    """What an activity must fit, and what it is ranked by. An empty list means any."""

    municipality: Municipality
    area: Area
    interests: Unrepeated[Category] = ()
    languages: Unrepeated[Language] = ()
    access_needs: Unrepeated[AccessNeed] = ()
    free_times: Unrepeated[WeeklyTime] = ()
    modes: Unrepeated[Mode] = ()
    max_distance_km: Number = Field(default=10.0, gt=0)
    max_cost: Cost | None = None
    preferences: Preferences = Preferences()
