"""Who comes without a referral: counted by those who welcome them, in the same seats. Never who they are."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from schemas.walk_ins import SeatsNow, WalkIns
from services.activities.api.parts import Here, kept_by
from services.activities.domain.seats import pass_on
from services.activities.store.activities import load_activities
from services.activities.store.seats import count_walk_ins, load_seats, save_seats, tell_of_seat
from services.activities.store.waiting import look_who_waits
from services.runtime.bodies import body
from services.runtime.errors import NotFound
from services.runtime.guards import allow
from services.runtime.identity import SERVICE, Caller

router = APIRouter(prefix="/activities", tags=["activities"])

Counter = Annotated[Caller, allow("coordinator", "organiser", scope="activity.count")]
"""A coordinator or an organiser; a contact function counts on its answer page, which calls for it."""


@router.put("/{activity_id}/walk-ins")
async def set_walk_ins(
    caller: Counter, activity_id: UUID, said: Annotated[WalkIns, body(WalkIns)], here: Here
) -> SeatsNow:
    """Say how many take part who were not referred; a seat that this frees is at once that of whoever is next in line.

    Those who took part when the activity was first stated count as such.
    """
    async with here.service.transaction() as tx:
        known = (await load_activities(tx, [activity_id])).activity(activity_id)
        if caller.role != SERVICE:
            kept_by(caller, known)
        elif known.present is None:
            raise NotFound("There is no such activity.")
        await count_walk_ins(tx.connection, activity_id, said.walk_ins)
        seats = await load_seats(tx, here.catalogue, [activity_id])
        for passed in pass_on(seats[activity_id]):
            tell_of_seat(tx, passed.to)
        await save_seats(tx.connection, seats)
        look_who_waits(tx, activity_id)
    now = seats[activity_id]
    return SeatsNow(maximum=now.maximum, taken=now.taken + now.change, waiting=len(now.line))
