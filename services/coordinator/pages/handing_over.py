"""Handing an invitation over to the next of the function, at wish until a day. Never who that is.

The link that did it shows what became of the invitation from then on, and decides nothing any more.
"""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from schemas.parts import Away
from services.coordinator.domain.invitation import OPEN, Invitation
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.errands import Leaving, send_for
from services.coordinator.facts import handed_over
from services.coordinator.pages.parts import OptionalDay, Parts, back_to
from services.coordinator.store.answers import Shown
from services.coordinator.store.work import Work
from services.runtime.bodies import form
from services.runtime.guards import open_to_all


class HandingOver(BaseModel):
    """What the form sends; with a day, whoever hands over is away up to and with it."""

    model_config = ConfigDict(extra="forbid")

    until: OptionalDay = None


def add_routes(router: APIRouter, parts: Parts) -> None:
    """Add the route that hands over."""

    @router.post("/handover", dependencies=[open_to_all])
    async def hand_over(request: Request, token: str, given: Annotated[HandingOver, form(HandingOver)]) -> Response:
        shown = await parts.shown(request, token)
        if given.until is not None and given.until <= parts.today(shown.invitation):
            return parts.page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY, wrong="away_is_past")
        async with parts.opened(request, token) as (work, invitation):
            is_anybody_there = await _give(parts, work, invitation, shown, given.until)
        if not is_anybody_there and invitation.state in OPEN:
            return parts.page(request, shown, status=HTTPStatus.CONFLICT, wrong="nobody_else")
        return back_to(token)


async def _give(parts: Parts, work: Work, invitation: Invitation, shown: Shown, until: date | None) -> bool:
    """Give the invitation to the next of the function, where it is not too late for it; False: nobody is there."""
    giver, taker = invitation.place, parts.taker_of(shown, invitation)
    if taker is None or shown.function is None:
        return False
    if _hand_over(work, invitation, taker, shown.answer_time, until) and until is not None:
        away = Away(place=giver, first_on=parts.today(invitation), last_on=until)
        await send_for(work.tx, parts.service.seal, Leaving(contact_id=shown.function.contact_id, away=away))
    return True


def _hand_over(work: Work, invitation: Invitation, taker: int, time: AnswerTime, until: date | None) -> bool:
    """Give the invitation to whoever has the place, with as long to answer as a deputy has; False: it is too late."""
    now, municipality = work.tx.now, invitation.municipality
    if invitation.notify(invitation.contact_id, time.ends(now, municipality), now):
        work.tell(invitation)  # whoever hands it over has the notice, though it is not recorded yet that it was sent
    if not work.hand_over(invitation, "by_hand", to=taker, until=until):
        return False
    invitation.prolong(time.of_deputy_ends(now, municipality))
    work.announce(handed_over(invitation))
    return True
