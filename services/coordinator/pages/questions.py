"""Asking the coach, and reading the answer. What is written stands neither in our tables nor in any event."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from schemas.questions import Question
from schemas.strict import Invalid, parse_object
from services.coordinator.errands import Asking, send_for
from services.coordinator.pages.parts import Parts, back_to
from services.runtime.bodies import form
from services.runtime.guards import open_to_all


class Written(BaseModel):
    """What the form of the question sends; whether it is a question is checked so that the page can say it."""

    model_config = ConfigDict(extra="forbid")

    text: str


def add_routes(router: APIRouter, parts: Parts) -> None:
    """Add the routes of questions to the coach."""

    @router.post("/question", dependencies=[open_to_all])
    async def ask(request: Request, token: str, written: Annotated[Written, form(Written)]) -> Response:
        shown = await parts.shown(request, token)
        try:
            now = parts.service.clock().isoformat()
            said = {"choice": shown.invitation.choice, "text": written.text, "asked_at": now}
            question = parse_object(Question, said)
        except Invalid:
            said = {"wrong": "question", "said": written.text}
            return parts.page(request, shown, status=HTTPStatus.UNPROCESSABLE_ENTITY, **said)
        async with parts.opened(request, token) as (work, invitation):
            if invitation.ask(work.tx.now):
                asking = Asking(referral_id=invitation.referral_id, question=question)
                await send_for(work.tx, parts.service.seal, asking)
        return back_to(token)

    @router.post("/questions", dependencies=[open_to_all])
    async def read(request: Request, token: str) -> Response:
        shown = await parts.shown(request, token)
        invitation = shown.invitation
        if invitation.asked_at is None:
            return back_to(token)
        answered = await parts.referrals.questions(invitation.referral_id, invitation.choice, invitation.asked)
        return parts.page(request, shown, answered=answered or [])
