"""What of a municipality's catalogue needs its coordinator, for the day page. Never who was referred."""

from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from schemas.fields import Municipality
from services.activities.api.parts import Here
from services.activities.domain.days import today
from services.activities.domain.matching.settings import CONTRACT
from services.activities.store.ending import agreements_ending, in_line, verified_within
from services.runtime.guards import allow
from services.runtime.identity import Caller

router = APIRouter(tags=["services"])

AGREEMENT_WARNING: Final = timedelta(days=60)
VERIFICATION_WARNING: Final = timedelta(days=30)


class EndingAgreement(BaseModel):
    """An agreement, with its last day."""

    model_config = ConfigDict(from_attributes=True)

    organiser_id: str
    name: str
    last_on: date


class EndingVerification(BaseModel):
    """An activity, with the last day on which it is proposed unless somebody verifies it."""

    activity_id: UUID
    name: str
    last_on: date
    contact_id: UUID | None


class Line(BaseModel):
    """How many stand in line for an activity."""

    activity_id: UUID
    name: str
    waiting: int


class Today(BaseModel):
    """What ends soon, or has ended within as many days, and who stands in line."""

    agreements: list[EndingAgreement]
    verifications: list[EndingVerification]
    lines: list[Line]


@router.get("/today")
async def show_today(
    caller: Annotated[Caller, allow(scope="today.read")],  # noqa: ARG001 - the guard is all it is for
    municipality: Annotated[Municipality, Query()],
    here: Here,
) -> Today:
    """Tell which agreements end within 60 days and which verifications within 30, or have ended; who stands in line."""
    day = today(here.service.clock())
    stays = timedelta(days=CONTRACT.verified_days)
    async with here.service.engine.connect() as connection:
        agreements = await agreements_ending(connection, municipality, day - AGREEMENT_WARNING, day + AGREEMENT_WARNING)
        verified = await verified_within(
            connection, municipality, day - VERIFICATION_WARNING - stays, day + VERIFICATION_WARNING - stays
        )
        lines = await in_line(connection, municipality)
    return Today(
        agreements=[EndingAgreement.model_validate(dict(row)) for row in agreements],
        verifications=[
            EndingVerification(
                activity_id=row["activity_id"],
                name=row["name"],
                last_on=row["verified_on"] + stays,
                contact_id=row["contact_id"],
            )
            for row in verified
        ],
        lines=[Line.model_validate(dict(row)) for row in lines],
    )
