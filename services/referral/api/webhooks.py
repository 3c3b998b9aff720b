"""A health centre's webhook over HTTP: where it is told, and what became of each message. Never what one says."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from schemas.event import Part
from schemas.fields import HttpsUrl
from services.referral.domain.message import State
from services.referral.message_back import MessagesBack, message_id
from services.referral.store import webhooks
from services.runtime.bodies import body
from services.runtime.connection import Row
from services.runtime.errors import NotFound
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.paging import Cursor, Limit, Page, cursor_of, values_of
from services.runtime.webhook import Became, secret_of, written_secret


class Registered(Part):
    """Where the centre is told."""

    url: HttpsUrl


class Going(BaseModel):
    """How it goes with a webhook; what failed and what was delivered is remembered for 14 days."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    registered_at: datetime
    waiting: int
    """How many messages are queued or on their way."""
    oldest_waiting_at: datetime | None
    failed: int
    delivered_at: datetime | None
    """When the last one was taken."""


class WebhookSeen(Going):
    """The centre's webhook, and what signs the calls (Standard Webhooks)."""

    url: str
    secret: str


class WebhookOf(Going):
    """A centre's webhook as operators see it."""

    health_centre: str


class MessageLine(BaseModel):
    """A message to the webhook, and what became of it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """Its `webhook-id`."""
    referral_id: UUID
    state: State
    queued_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    ended_at: datetime | None
    answer: str | None
    """The status that was answered last, or `no_answer`, or `not_public`: the address may not be called."""


class Trial(BaseModel):
    """What became of a trial, and the answer as in a message's line."""

    became: Became
    answer: str


def webhooks_api(back: MessagesBack) -> APIRouter:
    """Return the routes of webhooks."""
    router, service = APIRouter(tags=["webhook"]), back.service
    Centre = Annotated[Caller, allow("centre")]  # noqa: N806 - a type

    async def seen(caller: Caller) -> WebhookSeen:
        centre = caller.centre or ""
        async with service.engine.connect() as connection:
            rows = await webhooks.standings(connection, health_centre=centre, after="", limit=1)
        if not rows:
            raise NotFound
        secret = written_secret(secret_of(back.key, centre, rows[0].url))
        return WebhookSeen.model_validate({**rows[0], "secret": secret})

    @router.put("/webhook")
    async def register(caller: Centre, given: Annotated[Registered, body(Registered)]) -> WebhookSeen:
        """Have the centre told there from now on, in place of where it was; what waits is tried at once."""
        async with service.transaction() as tx:
            await webhooks.register(tx.connection, caller.centre or "", given.url, tx.now)
        return await seen(caller)

    @router.get("/webhook")
    async def read(caller: Centre) -> WebhookSeen:
        """Tell where the centre is told, by which secret it knows a call as ours, and how it goes."""
        return await seen(caller)

    @router.delete("/webhook", status_code=204)
    async def remove(caller: Centre) -> None:
        """Tell the centre no more, not even what waits."""
        async with service.transaction() as tx:
            if not await webhooks.remove(tx.connection, caller.centre or ""):
                raise NotFound

    @router.post("/webhook/trial")
    async def send_trial(caller: Centre) -> Trial:
        """Call the webhook with nothing to tell, signed as every call, and tell what became of that."""
        called = await back.send_trial(caller.centre or "", (await seen(caller)).url)
        return Trial(became=called.became, answer=called.answer)

    @router.get("/webhook/messages")
    async def list_messages(
        caller: Centre, state: State | None = None, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[MessageLine]:
        """List what was told by the webhook, the latest first, and what became of it."""
        after: Any = values_of(cursor, datetime, UUID, str) if cursor else None
        async with service.engine.connect() as connection:
            rows = await webhooks.messages(connection, caller.centre or "", state=state, after=after, limit=limit + 1)
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            items=[_line(row) for row in rows[:limit]],
            next=cursor_of(last.queued_at, last.referral_id, last.sequence) if last else None,
        )

    @router.get("/webhooks")
    async def list_webhooks(
        caller: Annotated[Caller, allow("operator")],  # noqa: ARG001 - the guard is all it is for
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[WebhookOf]:
        """List the centres that have a webhook, and how it goes with each."""
        after = values_of(cursor, str)[0] if cursor else ""
        async with service.engine.connect() as connection:
            rows = await webhooks.standings(connection, health_centre=None, after=after, limit=limit + 1)
        items = [WebhookOf.model_validate(dict(row)) for row in rows[:limit]]
        return Page(items=items, next=cursor_of(items[-1].health_centre) if len(rows) > limit else None)

    return router


def _line(row: Row) -> MessageLine:
    next_attempt_at = row.due_at if row.state == "queued" else None
    named = {"id": message_id(row.referral_id, row.sequence), "next_attempt_at": next_attempt_at}
    return MessageLine.model_validate(dict(row) | named)
