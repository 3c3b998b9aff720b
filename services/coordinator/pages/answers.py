"""The answer page: whoever holds the link sees what it is about and decides. GET changes nothing, ever.

Nobody signs in: the token is the right to answer. It is in no log, since only the route's template is. Nothing of the
participant is shown but what they share, fetched when asked for, after accepting, and not kept.
"""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from schemas.fields import CalendarDay
from schemas.vocabulary import DeclineReason
from services.coordinator.domain.invitation import OPEN, Invitation
from services.coordinator.errands import Pausing, send_for
from services.coordinator.pages.parts import OptionalDay, Parts, back_to
from services.coordinator.store.work import Work
from services.runtime.bodies import form
from services.runtime.guards import open_to_all


class Answer(BaseModel):
    """What the buttons of an open invitation send."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal["accept", "decline"]
    reason: DeclineReason | None = None
    paused_until: OptionalDay = None


class Pause(BaseModel):
    """What the form that pauses the activity sends."""

    model_config = ConfigDict(extra="forbid")

    until: CalendarDay


def add_routes(router: APIRouter, parts: Parts) -> None:
    """Add the routes that show the invitation and take the answer."""

    @router.api_route("", methods=["GET", "HEAD"], dependencies=[open_to_all])
    async def show(request: Request, token: str) -> Response:
        return parts.page(request, await parts.shown(request, token))

    @router.post("", dependencies=[open_to_all])
    async def answer(request: Request, token: str, given: Annotated[Answer, form(Answer)]) -> Response:
        if given.answer == "decline":
            shown = await parts.shown(request, token)
            if wrong := _what_is_wrong(given, parts.today(shown.invitation)):
                return parts.page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY, wrong=wrong)
        async with parts.opened(request, token) as (work, invitation):
            decided = _decide(work, invitation, given, parts.answer_time.ends(work.tx.now, invitation.municipality))
            if decided and invitation.paused_until:
                await _pause(parts, work, invitation, invitation.paused_until)
        return back_to(token)

    @router.post("/pause", dependencies=[open_to_all])
    async def pause(request: Request, token: str, given: Annotated[Pause, form(Pause)]) -> Response:
        shown = await parts.shown(request, token)
        if given.until <= parts.today(shown.invitation):
            return parts.page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY, wrong="until_is_past")
        async with parts.opened(request, token) as (work, invitation):
            if invitation.state not in OPEN:
                return back_to(token)
            await _pause(parts, work, invitation, given.until)
        return parts.page(request, shown, said="paused")


def _what_is_wrong(given: Answer, today: date) -> str | None:
    """Return the name of the text that says why a decline cannot be taken so."""
    if given.reason is None:
        return "reason_is_missing"
    is_past = given.reason == "paused" and given.paused_until is not None and given.paused_until <= today
    return "until_is_past" if is_past else None


def _decide(work: Work, invitation: Invitation, given: Answer, answer_by: datetime) -> bool:
    """Take the answer where it is not too late for it, and tell whether it was; the page shows what came of it."""
    now = work.tx.now
    if invitation.notify(invitation.contact_id, answer_by, now):
        work.tell(invitation)  # whoever answers has the notice, though we had no time yet to record that it was sent
    if given.reason is None:
        decided = invitation.accept(now)
    elif decided := invitation.decline(given.reason, now, given.paused_until):
        work.referral(invitation.referral_id).end_choice(invitation.choice)
    if decided:
        work.tell(invitation)
    return decided


async def _pause(parts: Parts, work: Work, invitation: Invitation, until: date) -> None:
    await send_for(work.tx, parts.service.seal, Pausing(activity_id=invitation.activity_id, until=until))
