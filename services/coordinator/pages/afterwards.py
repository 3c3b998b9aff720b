"""After accepting: who comes, and how visits went. The shared details are shown once, on request, and kept nowhere."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from services.coordinator.facts import visits_of
from services.coordinator.pages.parts import Parts, back_to
from services.runtime.bodies import form
from services.runtime.guards import open_to_all


class Visited(BaseModel):
    """What the buttons of an accepted invitation send."""

    model_config = ConfigDict(extra="forbid")

    visit: Literal["attended", "no_show", "stopped"]


def add_routes(router: APIRouter, parts: Parts) -> None:
    """Add the routes of what comes after accepting."""

    @router.post("/visit", dependencies=[open_to_all])
    async def record_visit(request: Request, token: str, visited: Annotated[Visited, form(Visited)]) -> Response:
        async with parts.opened(request, token) as (work, invitation):
            today = parts.today(invitation)
            if visited.visit == "stopped":
                recorded = invitation.stop(today)
            else:
                recorded = invitation.record_visit(visited.visit, today)
            if recorded:
                work.announce(visits_of(invitation)[-1])
        return back_to(token)

    @router.post("/shared", dependencies=[open_to_all])
    async def show_shared(request: Request, token: str) -> Response:
        shown = await parts.shown(request, token)
        invitation = shown.invitation
        if invitation.state == "released":
            return parts.page(request, shown, status=HTTPStatus.GONE)
        if invitation.state != "accepted":
            return back_to(token)
        shared = await parts.referrals.shared(invitation.referral_id, invitation.choice, invitation.asked)
        if shared is None:
            return parts.page(request, shown, status=HTTPStatus.GONE, shared={})
        return parts.page(request, shown, shared=shared.model_dump(exclude_defaults=True))
