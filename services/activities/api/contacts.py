"""Contact functions: the roles that are notified for activities, kept by the municipality's coordinator."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Response

from schemas.activities import ContactFunction, ContactFunctionChanged
from schemas.parts import Away
from schemas.strict import FieldError, Invalid
from services.activities.api.parts import NOT_YOURS, Coordinator, Here
from services.activities.domain.people import with_absence
from services.activities.store.contacts import (
    contacts_kept,
    find_contact,
    load_contacts,
    save_contacts,
)
from services.runtime.bodies import body
from services.runtime.errors import NotFound
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.paging import Cursor, Limit, Page, cursor_of, values_of

router = APIRouter(prefix="/contacts", tags=["contact functions"])

OTHER_ID: Final = FieldError("contact_id", "must be that of the address")
NO_SUCH: Final = "There is no such contact function."


@router.put("/{contact_id}", responses={201: {"model": ContactFunction, "description": "It is new"}})
async def put_contact(
    caller: Coordinator,
    contact_id: UUID,
    said: Annotated[ContactFunctionChanged, body(ContactFunctionChanged)],
    here: Here,
    response: Response,
) -> ContactFunction:
    """Say how a contact function is reached; 201 when it was not known."""
    errors = [
        *([OTHER_ID] if said.contact_id != contact_id else []),
        *([NOT_YOURS] if said.municipality != caller.municipality else []),
    ]
    if errors:
        raise Invalid(errors)
    async with here.service.transaction() as tx:
        contacts = await load_contacts(tx, [contact_id])
        known = contacts.contact(contact_id)
        if known.municipality not in (None, caller.municipality):
            raise NotFound(NO_SUCH)
        response.status_code = 200 if known.present else 201
        if known.present != said:
            contacts.become(known, said)
            await save_contacts(contacts)
    return said


@router.put("/{contact_id}/absence", status_code=204)
async def add_absence(
    caller: Annotated[Caller, allow(scope="contact.absence")],  # noqa: ARG001 - the guard is all it is for
    contact_id: UUID,
    away: Annotated[Away, body(Away)],
    here: Here,
) -> None:
    """Say for whoever has a place in a contact function when they are away; nothing happens if nobody has it."""
    async with here.service.transaction() as tx:
        contacts = await load_contacts(tx, [contact_id])
        known = contacts.contact(contact_id)
        if known.present and (after := with_absence(known.present, away)) != known.present:
            contacts.become(known, after)
            await save_contacts(contacts)


@router.delete("/{contact_id}", status_code=204)
async def remove_contact(caller: Coordinator, contact_id: UUID, here: Here) -> None:
    """Remove a contact function: from then on the coordinator is notified instead."""
    async with here.service.transaction() as tx:
        contacts = await load_contacts(tx, [contact_id])
        known = contacts.contact(contact_id)
        if known.present is None or known.municipality != caller.municipality:
            raise NotFound(NO_SUCH)
        contacts.remove(known)
        await save_contacts(contacts)


@router.get("")
async def list_contacts(
    caller: Coordinator, here: Here, limit: Limit = 50, cursor: Cursor = None
) -> Page[ContactFunction]:
    """List the municipality's contact functions."""
    after = values_of(cursor, UUID)[0] if cursor else None
    async with here.service.engine.connect() as connection:
        found = await contacts_kept(connection, caller.municipality or "", after=after, limit=limit + 1)
    more = len(found) > limit
    return Page(items=found[:limit], next=cursor_of(found[limit - 1].contact_id) if more else None)


@router.get("/{contact_id}")
async def show_contact(caller: Coordinator, contact_id: UUID, here: Here) -> ContactFunction:
    """Show one of the municipality's contact functions."""
    async with here.service.engine.connect() as connection:
        found = await find_contact(connection, contact_id)
    if found is None or found.municipality != caller.municipality:
        raise NotFound(NO_SUCH)
    return found
