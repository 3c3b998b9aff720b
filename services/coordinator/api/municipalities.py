"""What municipal coordinators ask and set over HTTP. Never another municipality's, never who was referred."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.event import Part
from schemas.fields import Email, Municipality
from schemas.parts import broken_at
from schemas.vocabulary import ContactLanguage
from services.coordinator.domain.handover import Cause, Handover
from services.coordinator.domain.invitation import State
from services.coordinator.handover_texts import handover_in
from services.coordinator.store import municipalities
from services.coordinator.store.handovers import handovers_of
from services.coordinator.store.work import Work
from services.coordinator.words import Written
from services.runtime.bodies import body
from services.runtime.connection import Row
from services.runtime.errors import NotFound
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.paging import Cursor, Limit, Page, cursor_of, values_of
from services.runtime.service import Service
from services.runtime.webhook import secret_of, written_secret

REMEMBERED: Final = timedelta(days=90)
"""How far back a contact function's answers count."""


class Patience(Part):
    """After how many working days whoever was asked is reminded, the deputy is asked, and an answer is too late."""

    reminder_after: int = Field(ge=1, le=60)
    deputy_after: int = Field(ge=1, le=60)
    answer_within: int = Field(ge=1, le=60)

    @model_validator(mode="after")
    def _in_this_order(self) -> Self:
        if not self.reminder_after < self.deputy_after <= self.answer_within:
            raise broken_at("deputy_after", "must be above `reminder_after` and not above `answer_within`")
        return self


class Coordinator(Part):
    """Whom notices go to where an activity has no contact function that reads mail, and how long people may take."""

    email: Email
    language: ContactLanguage
    patience: Patience | None = None
    """Null: as the service is told."""


class ContactSeen(BaseModel):
    """A contact function as the municipality's coordinator sees it, by what came of 90 days' invitations."""

    model_config = ConfigDict(from_attributes=True)

    contact_id: UUID
    name: str | None
    asked: int
    answered: int
    silent: int
    """Invitations that expired without an answer."""
    waiting: int
    waiting_since: AwareDatetime | None
    """Since when the one that waits longest has waited."""
    paused_until: date | None


class HandoverSeen(BaseModel):
    """An invitation changed hands; place 0 is the holder, n the n-th deputy, null whoever was in charge."""

    at: AwareDatetime
    cause: Cause
    giver: int
    taker: int | None
    until: date | None
    """The last day on which whoever handed over said to be away."""
    said: str


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
    delivery: Literal["queued", "sent", "delivered", "bounced", "failed"] | None
    """Of the invitation's notices; null where none was ever needed."""
    since: AwareDatetime
    reserved_at: AwareDatetime
    answer_by: AwareDatetime | None
    reason: str | None
    visit: str | None
    visited_on: date | None
    handovers: list[HandoverSeen]


class WebhookSeen(BaseModel):
    """Where a contact function's notices are sent, and what signs them (Standard Webhooks)."""

    url: str
    secret: str


def coordinator_api(service: Service[Work], key: bytes) -> APIRouter:
    """Return the routes of the API."""
    router = APIRouter()

    @router.get("/invitations", tags=["invitations"])
    async def list_invitations(
        caller: Annotated[Caller, allow("coordinator")],
        state: State | None = None,
        language: Written = "en",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[InvitationSeen]:
        """The municipality's invitations, newest first: who was asked, what came of it, who does not answer."""
        after: Any = values_of(cursor, datetime, UUID, int) if cursor else None
        async with service.engine.connect() as connection:
            rows = await municipalities.invitations(connection, caller.municipality or "", state, after, limit + 1)
            changed = await handovers_of(connection, [(row.referral_id, row.choice) for row in rows])
        items = [_seen(row, changed[row.referral_id, row.choice], language) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return Page(items=items, next=last and cursor_of(last.reserved_at, last.referral_id, last.choice))

    @router.get("/contacts", tags=["contact functions"])
    async def list_contacts(
        caller: Annotated[Caller, allow("coordinator")], cursor: Cursor = None, limit: Limit = 50
    ) -> Page[ContactSeen]:
        """The municipality's contact functions: who answers and who does not, the most silent first."""
        after: Any = values_of(cursor, int, int, UUID) if cursor else None
        since = service.clock() - REMEMBERED
        async with service.engine.connect() as connection:
            rows = await municipalities.contacts(connection, caller.municipality or "", since, after, limit + 1)
        items = [ContactSeen.model_validate(row) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return Page(items=items, next=last and cursor_of(last.silent, last.waiting, last.contact_id))

    @router.get("/contacts/{contact_id}/webhook", tags=["contact functions"])
    async def read_webhook(caller: Annotated[Caller, allow("coordinator")], contact_id: UUID) -> WebhookSeen:
        """The webhook of a contact function, and the secret by which it knows that a call is ours."""
        async with service.engine.connect() as connection:
            url = await municipalities.webhook(connection, caller.municipality or "", contact_id)
        if url is None:
            raise NotFound
        return WebhookSeen(url=url, secret=written_secret(secret_of(key, str(contact_id), url)))

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
        patience = {name: getattr(known, name) for name in Patience.model_fields}
        return Coordinator(
            email=known.email,
            language=known.language,
            patience=Patience(**patience) if known.answer_within is not None else None,
        )

    @router.put("/municipalities/{code}", tags=["municipalities"])
    async def set_municipality(
        caller: Annotated[Caller, allow("coordinator", "operator")],
        code: Municipality,
        given: Annotated[Coordinator, body(Coordinator)],
    ) -> Coordinator:
        """Set whom notices go to where an activity has no contact function that reads mail."""
        _refuse_others(caller, code)
        async with service.transaction() as tx:
            patience = given.patience.model_dump() if given.patience else dict.fromkeys(Patience.model_fields)
            row = {"code": code, "email": given.email, "language": given.language, **patience}
            await municipalities.set_municipality(tx.connection, row)
        return given

    return router


def _seen(row: Row, handovers: Sequence[Handover], language: Written) -> InvitationSeen:
    told = [{**asdict(one), "said": handover_in(language, one, row.municipality)} for one in handovers]
    return InvitationSeen.model_validate({**row, "handovers": told})


def _refuse_others(caller: Caller, code: str) -> None:
    if caller.role == "coordinator" and caller.municipality != code:
        raise NotFound
