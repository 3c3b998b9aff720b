"""Counting those who come by themselves, in the seats of those who are referred. Never who they are.

The catalogue counts them: the page tells what it answered, and nothing is kept here.
"""

import re
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from schemas.walk_ins import WalkIns
from services.coordinator.domain.invitation import OPEN
from services.coordinator.pages.parts import Parts, back_to
from services.runtime.bodies import form
from services.runtime.errors import Unavailable
from services.runtime.guards import open_to_all

NUMBER: Final = re.compile(r"[0-9]{1,4}")


class Counted(BaseModel):
    """What the form sends; whether it is a number is checked so that the page can say it."""

    model_config = ConfigDict(extra="forbid")

    walk_ins: str


def add_routes(router: APIRouter, parts: Parts) -> None:
    """Add the route that counts."""

    @router.post("/walk-ins", dependencies=[open_to_all])
    async def count(request: Request, token: str, counted: Annotated[Counted, form(Counted)]) -> Response:
        shown = await parts.shown(request, token)
        if shown.invitation.state not in OPEN:
            return back_to(token)
        number = counted.walk_ins.strip()
        if not NUMBER.fullmatch(number):
            return parts.page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY, wrong="no_number")
        try:
            walk_ins = WalkIns(walk_ins=int(number))
            seats = await parts.activities.count_walk_ins(shown.invitation.activity_id, walk_ins)
        except Unavailable:
            return parts.page(request, shown, status=HTTPStatus.SERVICE_UNAVAILABLE, wrong="catalogue_away")
        if seats is None:
            return parts.page(request, shown, status=HTTPStatus.CONFLICT, wrong="no_activity")
        return parts.page(request, shown, seats=seats)
