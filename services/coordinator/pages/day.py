"""The coordinator's day page: what waits for them, each line with the one action that solves it. Never a participant.

What ends soon in the catalogue is asked of the activities service, and its buttons lead there, to the same address.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.event import Part
from schemas.fields import Email, Uuid
from schemas.today import Today
from schemas.vocabulary import ContactLanguage
from services.coordinator.day_texts import DAY_TEXTS
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.working_days import zone_of
from services.coordinator.handover_texts import handover_in, who_in
from services.coordinator.pages.parts import PAGES, Parts
from services.coordinator.store import day as lists
from services.coordinator.store.handovers import handovers_of
from services.coordinator.store.municipalities import answer_time_of, set_municipality
from services.coordinator.store.work import save
from services.coordinator.words import Written, written
from services.dates import day_in
from services.runtime.bodies import form
from services.runtime.errors import NotFound
from services.runtime.guards import signed_in
from services.runtime.identity import Caller
from services.runtime.languages import chosen
from services.runtime.pages import page

DAY_PAGE: Final = "/coordinator/"
A_YEAR: Final = timedelta(days=365)
Reader = Annotated[Caller, signed_in("coordinator")]
Change = Callable[[Invitation, datetime], bool]


CHOICE: Final = re.compile(r"[0-9]{1,9}")


class Which(Part):
    """The invitation that a button is about: its referral, and the number of the choice as a form sends it."""

    referral_id: Uuid
    choice: str


class Address(Part):
    """Where the municipality's own notices go."""

    email: Email


def day_page(parts: Parts) -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter()

    @router.get("/")
    async def show_day(caller: Reader, request: Request) -> Response:
        return await _shown(parts, request, caller.municipality or "")

    @router.post("/day/remind")
    async def remind(caller: Reader, which: Annotated[Which, form(Which)]) -> Response:
        return await _change(parts, caller, which, Invitation.remind)

    @router.post("/day/more-time")
    async def give_more_time(caller: Reader, which: Annotated[Which, form(Which)]) -> Response:
        async with parts.service.engine.connect() as connection:
            answer_time = await answer_time_of(connection, caller.municipality or "", parts.answer_time)

        def prolong(invitation: Invitation, now: datetime) -> bool:
            return invitation.prolong(answer_time.ends(now, invitation.municipality))

        return await _change(parts, caller, which, prolong)

    @router.post("/day/address")
    async def keep_address(caller: Reader, filled: Annotated[Address, form(Address)]) -> Response:
        code = caller.municipality or ""
        async with parts.service.transaction() as tx:
            known = await lists.municipality_of(tx.connection, code)
            language = known["language"] if known else _language_of(code)
            await set_municipality(tx.connection, {"code": code, "email": filled.email, "language": language})
        return RedirectResponse(DAY_PAGE, 303)

    return router


async def _change(parts: Parts, caller: Caller, which: Which, change: Change) -> Response:
    """Change an invitation of the caller's municipality; what is too late changes nothing, and the page shows it."""
    if not CHOICE.fullmatch(which.choice):
        raise NotFound
    async with parts.service.transaction() as tx:
        found = await lists.load_own(tx, caller.municipality or "", which.referral_id, int(which.choice))
        if found is None:
            raise NotFound
        work, invitation = found
        if change(invitation, tx.now):
            await save(work)
    return RedirectResponse(DAY_PAGE, 303)


async def _shown(parts: Parts, request: Request, code: str) -> Response:
    zone = zone_of(code)
    today = parts.service.clock().astimezone(zone).date()
    of_catalogue = await parts.activities.today(code)
    async with parts.service.engine.connect() as connection:
        municipality = await lists.municipality_of(connection, code)
        open_ones = await lists.unanswered(connection, code, datetime.combine(today, time(), zone).astimezone(UTC))
        bounced = await lists.bounced(connection, code)
        unreachable = await lists.unreachable(connection, code)
        changed = await handovers_of(connection, [(one["referral_id"], one["choice"]) for one in open_ones])
    language = chosen(request) or written(municipality["language"] if municipality else _language_of(code))
    handovers = {key: [handover_in(language, one, code) for one in found] for key, found in changed.items()}
    return page(
        PAGES,
        request,
        "day.html",
        language=language,
        t=DAY_TEXTS[language],
        unanswered=[_open(language, one, one["answer_by"], zone) for one in open_ones if one["asked_at"] is None],
        questions=[_open(language, one, one["asked_at"], zone) for one in open_ones if one["asked_at"] is not None],
        handovers=handovers,
        bounced=[_bounced(language, one) for one in bounced],
        unreachable=unreachable,
        has_address=municipality is not None,
        **_of_catalogue(language, of_catalogue, today),
    )


def _bounced(language: Written, one: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
    who = f", {who_in(language, one['place'])}" if one["place"] else ""
    return {**one, "name": f"{one['name']}{who}"}


def _open(language: Written, one: Any, at: datetime, zone: Any) -> dict[str, Any]:  # noqa: ANN401 - a row, a ZoneInfo
    return {**one, "day": day_in(language, at.astimezone(zone).date())}


def _of_catalogue(language: Written, ending: Today | None, today: date) -> dict[str, Any]:
    """Return the lines of the catalogue, None while nobody tells; a renewal is proposed for a year more."""
    if ending is None:
        return {"waiting": None, "agreements": None, "verifications": None}
    renewed = today + A_YEAR
    agreements = [
        {**one.model_dump(), "day": day_in(language, one.last_on), "renewed": max(one.last_on + A_YEAR, renewed)}
        for one in ending.agreements
    ]
    verifications = [{**one.model_dump(), "day": day_in(language, one.last_on)} for one in ending.verifications]
    waiting = [one.model_dump() for one in ending.lines]
    return {"waiting": waiting, "agreements": agreements, "verifications": verifications}


def _language_of(code: str) -> ContactLanguage:
    return "sv" if code.startswith("SE") else "nb"
