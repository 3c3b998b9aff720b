"""What a municipality chooses for matching: its coordinator reads and changes it. Old versions stay, to explain by."""

from datetime import datetime
from math import isclose
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from schemas.event import Part
from schemas.fields import Number
from schemas.parts import broken_at
from services.activities.api.parts import Coordinator, Here
from services.activities.domain.matching.settings import CONTRACT
from services.activities.store.settings import Version, add_version, versions_of
from services.activities.store.waiting import look_who_waits_for_any
from services.runtime.bodies import body

router = APIRouter(tags=["matching"])

Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Weights(Part):
    """What each ranking term weighs, together 1."""

    interest: Weight
    distance: Weight
    time: Weight
    preference: Weight
    seats: Weight
    freshness: Weight

    @model_validator(mode="after")
    def _together_one(self) -> Self:
        if not isclose(sum(self.model_dump().values()), 1, abs_tol=1e-9):
            raise broken_at("interest", "must be 1 together with the other weights")
        return self


class SettingsStated(Part):
    """What each term weighs for the municipality's participants; how long a verification of its activities counts.

    And how far away a place may be for a participant whose referral does not say how far.
    """

    weights: Weights
    verified_days: int = Field(ge=1, le=3650)
    default_distance_km: Number = Field(default=CONTRACT.default_distance_km, gt=0)


class SettingsOf(SettingsStated):
    """Settings as they hold or held, by their version."""

    version: int
    since: datetime


@router.get("/settings/matching")
async def list_settings(caller: Coordinator, here: Here) -> list[SettingsOf]:
    """List all that the municipality ever chose, the newest first; empty: version 0, the contract's."""
    async with here.service.engine.connect() as connection:
        return [_told(version) for version in await versions_of(connection, caller.municipality or "")]


@router.put("/settings/matching")
async def put_settings(
    caller: Coordinator, said: Annotated[SettingsStated, body(SettingsStated)], here: Here
) -> SettingsOf:
    """Choose anew; what was proposed keeps the version that it was ranked by."""
    municipality = caller.municipality or ""
    async with here.service.transaction() as tx:
        version = await add_version(tx, municipality, **said.model_dump())
        await look_who_waits_for_any(tx, municipality)
    return _told(version)


def _told(version: Version) -> SettingsOf:
    settings, since = version
    return SettingsOf(**settings._asdict() | {"weights": Weights(**settings.weights._asdict())}, since=since)
