"""What a function decides by links in its mail besides answers: an activity is correct, it wants fewer mails.

The links are signed and kept nowhere. GET shows and changes nothing; a button, or a mail reader's one-click, decides.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.coordinator.domain.invitation import LINK_STAYS
from services.coordinator.domain.links import is_function_link
from services.coordinator.errands import Verifying, send_for
from services.coordinator.letter_texts import LETTERS
from services.coordinator.pages.parts import PAGES, NoSuchLink, Parts
from services.coordinator.store.notices import keep_digest_only, wants_digests_only
from services.coordinator.words import Written
from services.runtime.bodies import form
from services.runtime.guards import open_to_all
from services.runtime.pages import page


class Confirmed(BaseModel):
    """What the button of an activity's page sends: nothing but that it was pressed."""

    model_config = ConfigDict(extra="forbid")

    answer: Literal["correct"]


class Fewer(BaseModel):
    """What the buttons of the page send, or a mail reader for its user (RFC 8058)."""

    model_config = ConfigDict(extra="forbid")

    mails: Literal["daily", "each"] = "daily"
    one_click: Literal["One-Click"] | None = Field(default=None, alias="List-Unsubscribe")


def by_mail(parts: Parts, key: bytes) -> APIRouter:
    """Return the routes of these links."""
    router = APIRouter(dependencies=[open_to_all])
    verify, fewer = "/verify/{language}/{activity_id}/{last_on}/{token}", "/fewer/{language}/{function}/{token}"

    def check(request: Request, token: str, *what: str) -> None:
        parts.guesses.check(request)
        if not is_function_link(token, key, *what):
            parts.guesses.wrong(request)
            raise NoSuchLink

    def check_activity(request: Request, activity_id: UUID, last_on: date, token: str) -> None:
        check(request, token, "verify", str(activity_id), last_on.isoformat())
        if parts.service.clock().date() - last_on > LINK_STAYS:
            raise NoSuchLink  # of a mail of long ago, whose reader may have left

    @router.api_route(verify, methods=["GET", "HEAD"])
    async def show_activity(
        request: Request, language: Written, activity_id: UUID, last_on: date, token: str
    ) -> Response:
        check_activity(request, activity_id, last_on, token)
        return _page(request, language, "page_heading", buttons=[("answer", "correct", "page_button")])

    @router.post(verify)
    async def confirm_activity(
        *,
        request: Request,
        language: Written,
        activity_id: UUID,
        last_on: date,
        token: str,
        confirmed: Annotated[Confirmed, form(Confirmed)],  # noqa: ARG001 - that it was sent is all that it says
    ) -> Response:
        check_activity(request, activity_id, last_on, token)
        async with parts.service.transaction() as tx:
            await send_for(tx, parts.service.seal, Verifying(activity_id=activity_id))
        return _page(request, language, "page_heading", said="page_done")

    @router.api_route(fewer, methods=["GET", "HEAD"])
    async def show_fewer(request: Request, language: Written, function: str, token: str) -> Response:
        check(request, token, "fewer", function)
        async with parts.service.engine.connect() as connection:
            is_daily = await wants_digests_only(connection, function)
        button = ("mails", "each", "more_button") if is_daily else ("mails", "daily", "fewer_button")
        return _page(request, language, "fewer_heading", said="fewer_done" if is_daily else "", buttons=[button])

    @router.post(fewer)
    async def change_mails(
        request: Request, language: Written, function: str, token: str, wanted: Annotated[Fewer, form(Fewer)]
    ) -> Response:
        check(request, token, "fewer", function)
        async with parts.service.transaction() as tx:
            await keep_digest_only(tx.connection, function, digest_only=wanted.mails == "daily")
        return await show_fewer(request, language, function, token)

    return router


def _page(
    request: Request,
    language: Written,
    heading: str,
    *,
    said: str = "",
    buttons: list[tuple[str, str, str]] | None = None,
) -> Response:
    return page(
        PAGES,
        request,
        "by_mail.html",
        language=language,
        t=LETTERS[language],
        path=request.url.path,
        heading=heading,
        lead="fewer_lead" if heading == "fewer_heading" else "page_wrong",
        said=said,
        buttons=buttons or [],
    )
