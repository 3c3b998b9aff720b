"""The buttons of the coordinator's day page that change the catalogue: each does what a call of the API does.

The page itself is the coordinator service's, at the same address; everyone is sent back there.
"""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from pydantic import StringConstraints

from schemas.activities import Agreement, ContactFunctionChanged
from schemas.event import Part
from schemas.fields import CalendarDay, Email
from services.activities.api.activities import change_activity, move_activity, show_activity
from services.activities.api.contacts import put_contact, show_contact
from services.activities.api.parts import Here
from services.activities.api.registers import put_agreement
from services.activities.domain.days import today
from services.activities.domain.people import reached_at
from services.activities.store.registers import find_agreement
from services.runtime.bodies import form
from services.runtime.errors import NotFound
from services.runtime.guards import signed_in
from services.runtime.identity import Caller

DAY_PAGE: Final = "/coordinator/"

router = APIRouter(prefix="/keeping")
Keeper = Annotated[Caller, signed_in("coordinator")]


class LastDay(Part):
    """Until when an agreement is renewed."""

    valid_to: CalendarDay


class Address(Part):
    """Where a contact function is reached from now on."""

    email: Email
    place: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}$")] = "0"
    """Whose it is: 0 is the function itself, n the n-th deputy."""


@router.post("/activities/{activity_id}/verified")
async def verify(caller: Keeper, activity_id: UUID, here: Here) -> Response:
    """Say that a human has verified the activity today."""
    await move_activity(caller, activity_id, "verify", here)
    return _back()


@router.post("/activities/{activity_id}/seat")
async def open_seat(caller: Keeper, activity_id: UUID, here: Here) -> Response:
    """Have one seat more; whoever is next in line gets it."""
    known = await show_activity(caller, activity_id, here)
    if known.seats.maximum is not None:
        seats = known.seats.model_copy(update={"maximum": known.seats.maximum + 1})
        await change_activity(caller, activity_id, known.model_copy(update={"seats": seats}), here)
    return _back()


@router.post("/agreements/{organiser_id:path}")
async def renew(caller: Keeper, organiser_id: str, filled: Annotated[LastDay, form(LastDay)], here: Here) -> Response:
    """Have the agreement go on until another day."""
    async with here.service.engine.connect() as connection:
        known = await find_agreement(connection, organiser_id, caller.municipality or "")
    if known is None:
        raise NotFound("There is no such agreement.")
    renewed = Agreement(valid_from=_first_day(known, today(here.service.clock())), valid_to=filled.valid_to)
    await put_agreement(caller, organiser_id, renewed, here)
    return _back()


@router.post("/contacts/{contact_id}")
async def correct(
    caller: Keeper, contact_id: UUID, filled: Annotated[Address, form(Address)], here: Here, response: Response
) -> Response:
    """Give the contact function, or a deputy of it, another e-mail address."""
    known = await show_contact(caller, contact_id, here)
    said = reached_at(ContactFunctionChanged.model_validate(dict(known)), int(filled.place), filled.email)
    await put_contact(caller, contact_id, said, here, response)
    return _back()


def _first_day(known: Agreement, day: date) -> date:
    """Return the first day of the renewed agreement: one that has ended begins anew, today."""
    return known.valid_from if day <= known.valid_to else day


def _back() -> Response:
    return RedirectResponse(DAY_PAGE, 303)
