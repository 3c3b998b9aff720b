"""The answer page: whoever holds the link sees what it is about and decides. GET changes nothing, ever.

Nobody signs in: the token is the right to answer. It is in no log, since only the route's template is, and a token
that we do not know is answered like one that never was. Nothing of the participant is shown but what they share,
fetched when asked for, after accepting, and not kept.
"""

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict

from schemas.coordinator import VisitRecorded
from schemas.vocabulary import DECLINE_REASONS, DeclineReason
from services.coordinator.answer_texts import TEXTS
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.links import hash_of
from services.coordinator.domain.working_days import AnswerTime, zone_of
from services.coordinator.referral_service import ReferralService, Shared
from services.coordinator.store.answers import Shown, load_by_link, shown_by_link
from services.coordinator.store.work import Work, save
from services.coordinator.words import day_in, place_in, times_in, written
from services.runtime.bodies import form
from services.runtime.errors import NotFound
from services.runtime.guards import open_to_all
from services.runtime.pages import environment, page
from services.runtime.service import Service

PAGES: Final = environment(Path(__file__).parent / "templates")


class Answer(BaseModel):
    """What the buttons of an open invitation send."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal["accept", "decline"]
    reason: DeclineReason | None = None


class Visited(BaseModel):
    """What the buttons of an accepted invitation send."""

    model_config = ConfigDict(extra="forbid")

    visit: Literal["attended", "no_show"]


def answer_pages(service: Service[Work], referrals: ReferralService, answer_time: AnswerTime) -> APIRouter:
    """Return the routes of the answer links."""
    router = APIRouter(prefix="/answer/{token}", dependencies=[open_to_all])

    @router.api_route("", methods=["GET", "HEAD"])
    async def show(request: Request, token: str) -> Response:
        return _page(request, await _shown(service, token))

    @router.post("")
    async def answer(request: Request, token: str, given: Annotated[Answer, form(Answer)]) -> Response:
        if given.answer == "decline" and given.reason is None:
            return _page(request, await _shown(service, token), reason_is_missing=True)
        async with service.transaction() as tx:
            found = await load_by_link(tx, hash_of(token))
            if found is None:
                raise NotFound
            work, invitation = found
            _decide(work, invitation, given, answer_time.ends(tx.now, invitation.municipality))
            await save(work)
        return _back(token)

    @router.post("/visit")
    async def record_visit(token: str, visited: Annotated[Visited, form(Visited)]) -> Response:
        async with service.transaction() as tx:
            found = await load_by_link(tx, hash_of(token))
            if found is None:
                raise NotFound
            work, invitation = found
            today = tx.now.astimezone(zone_of(invitation.municipality)).date()
            if invitation.record_visit(visited.visit, today):
                work.announce(
                    VisitRecorded(
                        referral_id=invitation.referral_id,
                        choice=invitation.choice,
                        activity_id=invitation.activity_id,
                        visit=visited.visit,
                        on=today,
                    )
                )
            await save(work)
        return _back(token)

    @router.post("/shared")
    async def show_shared(request: Request, token: str) -> Response:
        shown = await _shown(service, token)
        if shown.state != "accepted":
            return _back(token)
        shared = await referrals.shared(shown.referral_id, shown.choice)
        return _page(request, shown, shared=shared, asked=True)

    return router


def _decide(work: Work, invitation: Invitation, given: Answer, answer_by: datetime) -> None:
    """Take the answer where it is not too late for it; the page shows what came of it."""
    now = work.tx.now
    if invitation.notify(invitation.contact_id, answer_by, now):
        work.tell(invitation)  # whoever answers has the notice, though we had no time yet to record that it was sent
    if given.reason is None:
        decided = invitation.accept(now)
    elif decided := invitation.decline(given.reason, now):
        work.referral(invitation.referral_id).end_choice(invitation.choice)
    if decided:
        work.tell(invitation)


async def _shown(service: Service[Work], token: str) -> Shown:
    async with service.engine.connect() as connection:
        shown = await shown_by_link(connection, hash_of(token))
    if shown is None:
        raise NotFound
    return shown


def _page(
    request: Request,
    shown: Shown,
    *,
    reason_is_missing: bool = False,
    asked: bool = False,
    shared: Shared | None = None,
) -> Response:
    language = written(shown.language)
    answer_by = shown.answer_by and day_in(language, shown.answer_by.astimezone(zone_of(shown.municipality)).date())
    return page(
        PAGES,
        request,
        "answer.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if reason_is_missing else HTTPStatus.OK,
        language=language,
        t=TEXTS[language],
        path=f"/coordinator/answer/{request.path_params['token']}",
        shown=shown,
        place=place_in(language, shown.about),
        times=times_in(language, shown.about),
        answer_by=answer_by,
        visited_on=shown.visited_on and day_in(language, shown.visited_on),
        reasons=DECLINE_REASONS,
        reason_is_missing=reason_is_missing,
        shared=shared.model_dump(exclude_defaults=True) if shared else {},
        asked=asked,
    )


def _back(token: str) -> Response:
    return RedirectResponse(f"/coordinator/answer/{token}", 303)
