"""What municipal coordinators ask and set over HTTP. Never another municipality's, never who was referred."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict

from schemas.event import Part
from schemas.fields import Email, Municipality
from schemas.vocabulary import ContactLanguage
from services.coordinator.domain.invitation import State
from services.coordinator.store import municipalities
from services.coordinator.store.work import Work
from services.runtime.bodies import body
from services.runtime.errors import NotFound
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.paging import Cursor, Limit, Page, cursor_of, values_of
from services.runtime.service import Service


class Coordinator(Part):
    """Whom notices go to where an activity has no contact function that reads mail."""

    email: Email
    language: ContactLanguage


class InvitationSeen(BaseModel):
    """An invitation as the municipality's coordinator sees it."""

    model_config = ConfigDict(from_attributes=True)

    referral_id: UUID
    choice: int
    activity_id: UUID
    activity_name: str
    contact_id: UUID | None
    """Who is asked; null for the coordinator."""
    state: State
    since: AwareDatetime
    reserved_at: AwareDatetime
    answer_by: AwareDatetime | None
    reason: str | None
    visit: str | None
    visited_on: date | None


def coordinator_api(service: Service[Work]) -> APIRouter:
    """Return the routes of the API."""
    router = APIRouter()

    @router.get("/invitations", tags=["invitations"])
    async def list_invitations(
        caller: Annotated[Caller, allow("coordinator")],
        state: State | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[InvitationSeen]:
        """The municipality's invitations, newest first: who was asked, what came of it, who does not answer."""
        after: Any = values_of(cursor, datetime, UUID, int) if cursor else None
        async with service.engine.connect() as connection:
            rows = await municipalities.invitations(connection, caller.municipality or "", state, after, limit + 1)
        items = [InvitationSeen.model_validate(row) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return Page(items=items, next=last and cursor_of(last.reserved_at, last.referral_id, last.choice))

    @router.get("/municipalities/{code}", tags=["municipalities"])
    async def read_municipality(
        caller: Annotated[Caller, allow("coordinator", "operator")], code: Municipality
    ) -> Coordinator:
        """Whom notices go to where an activity has no contact function that reads mail."""
        _refuse_others(caller, code)
        async with service.engine.connect() as connection:
            known = await municipalities.municipality(connection, code)
        if known is None:
            raise NotFound
        return Coordinator(email=known.email, language=known.language)

    @router.put("/municipalities/{code}", tags=["municipalities"])
    async def set_municipality(
        caller: Annotated[Caller, allow("coordinator", "operator")],
        code: Municipality,
        given: Annotated[Coordinator, body(Coordinator)],
    ) -> Coordinator:
        """Set whom notices go to where an activity has no contact function that reads mail."""
        _refuse_others(caller, code)
        async with service.transaction() as tx:
            await municipalities.set_municipality(tx.connection, code, given.email, given.language)
        return given

    return router


def _refuse_others(caller: Caller, code: str) -> None:
    if caller.role == "coordinator" and caller.municipality != code:
        raise NotFound
