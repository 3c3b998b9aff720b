"""What of a municipality's catalogue needs its coordinator, for the day page. Never who was referred."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from schemas.fields import Municipality
from schemas.today import EndingAgreement, EndingVerification, Line, Today
from services.activities.api.parts import Here
from services.activities.domain.days import today
from services.activities.store.ending import agreements_ending, in_line, verified_within
from services.activities.store.settings import settings_of
from services.runtime.guards import allow
from services.runtime.identity import Caller

router = APIRouter(tags=["services"])

AGREEMENT_WARNING: Final = timedelta(days=60)
VERIFICATION_WARNING: Final = timedelta(days=30)


@router.get("/today")
async def show_today(
    caller: Annotated[Caller, allow(scope="today.read")],  # noqa: ARG001 - the guard is all it is for
    municipality: Annotated[Municipality, Query()],
    here: Here,
) -> Today:
    """Tell which agreements end within 60 days and which verifications within 30, or have ended; who stands in line.

    A verification counts for as long as the municipality has chosen; where that is short, the latter half is told.
    """
    day = today(here.service.clock())
    async with here.service.engine.connect() as connection:
        stays = timedelta(days=(await settings_of(connection, municipality)).verified_days)
        warning = min(VERIFICATION_WARNING, stays / 2)
        agreements = await agreements_ending(connection, municipality, day - AGREEMENT_WARNING, day + AGREEMENT_WARNING)
        verified = await verified_within(
            connection, municipality, day - VERIFICATION_WARNING - stays, day + warning - stays
        )
        lines = await in_line(connection, municipality)
    return Today(
        agreements=tuple(EndingAgreement(**row) for row in agreements),
        verifications=tuple(
            EndingVerification(
                activity_id=row["activity_id"],
                name=row["name"],
                last_on=row["verified_on"] + stays,
                contact_id=row["contact_id"],
            )
            for row in verified
        ),
        lines=tuple(Line(**row) for row in lines),
    )
