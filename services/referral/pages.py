"""The coach's pages: the list, and one referral with what can be done about it. They work without JavaScript."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.event import Part
from schemas.fields import Uuid
from schemas.questions import Words
from schemas.referral import Choice, Closing, Withdrawal
from schemas.sentences import Language
from schemas.strict import parse_object
from schemas.vocabulary import OUTCOMES, REFERRAL_STATES, WITHDRAWAL_REASONS, ReferralState, WaitingOn
from services.referral import calls, questions
from services.referral.domain.referral import UNDECIDED
from services.referral.matching import Matching
from services.referral.store import overview
from services.referral.store.work import Work
from services.referral.views import line_of
from services.runtime.bodies import form
from services.runtime.guards import signed_in
from services.runtime.identity import Caller
from services.runtime.pages import environment, page
from services.runtime.paging import Cursor, cursor_of, values_of
from services.runtime.service import Service
from services.working_days import zone_of

LINES = 50
MOST_NEXT = 4

Coach = Annotated[Caller, signed_in("coach")]


class ChoiceForm(Part):
    """The form of the choice: a select that was left alone sends an empty text."""

    activity_id: Uuid
    then: tuple[str, ...] = ()
    wait: Literal["yes"] | None = None


def local(moment: datetime, municipality: str) -> str:
    """Return the moment as a clock in the municipality shows it."""
    return moment.astimezone(zone_of(municipality)).strftime("%Y-%m-%d %H:%M")


TEMPLATES = environment(Path(__file__).parent / "templates")
TEMPLATES.filters["local"] = local
TEMPLATES.filters["words"] = lambda code: str(code).replace("_", " ").replace(".", " ")


def routes(service: Service[Work], matching: Matching) -> APIRouter:
    """Return the router of the pages."""
    router = APIRouter()

    @router.get("/")
    async def list_referrals(
        caller: Coach,
        request: Request,
        state: ReferralState | None = None,
        waiting_on: WaitingOn | None = None,
        cursor: Cursor = None,
    ) -> Response:
        after = values_of(cursor, datetime, UUID) if cursor else None
        async with service.engine.connect() as connection:
            rows = await overview.lines(
                connection,
                caller.centre or "",
                state=state,
                waiting_on=waiting_on,
                after=(after[0], after[1]) if after else None,
                limit=LINES + 1,
            )
        lines = [line_of(row) for row in rows[:LINES]]
        following = cursor_of(lines[-1].received_at, lines[-1].referral_id) if len(rows) > LINES else None
        asked: dict[str, Any] = {"state": state, "states": REFERRAL_STATES, "waiting_on": waiting_on}
        return page(TEMPLATES, request, "list.html", lines=lines, next=following, **asked)

    @router.get("/{referral_id:uuid}")
    async def show_referral(caller: Coach, request: Request, referral_id: UUID, language: Language = "en") -> Response:
        referral = await calls.read(service, matching, caller, referral_id, language)
        choosable = (*(referral.proposals or ()), *referral.waitable_activities)
        names = {each.activity_id: each.name for each in choosable}
        shown: dict[str, Any] = {
            "referral": referral,
            "choosable": choosable if referral.state in UNDECIDED else (),
            "names": names,
            "most_next": MOST_NEXT,
            "told_in": language,
        }
        return page(TEMPLATES, request, "referral.html", outcomes=OUTCOMES, reasons=WITHDRAWAL_REASONS, **shown)

    @router.post("/{referral_id:uuid}/choice")
    async def choose(caller: Coach, referral_id: UUID, filled: Annotated[ChoiceForm, form(ChoiceForm)]) -> Response:
        then = [activity_id for activity_id in filled.then if activity_id]
        chosen = {"activity_id": str(filled.activity_id), "then": then, "wait": filled.wait is not None}
        choice = parse_object(Choice, chosen)
        await calls.record_choice(service, caller, referral_id, choice)
        return _back_to(referral_id)

    @router.post("/{referral_id:uuid}/withdrawal")
    async def withdraw(caller: Coach, referral_id: UUID, filled: Annotated[Withdrawal, form(Withdrawal)]) -> Response:
        await calls.record_withdrawal(service, caller, referral_id, filled)
        return _back_to(referral_id)

    @router.post("/{referral_id:uuid}/outcome")
    async def close(caller: Coach, referral_id: UUID, filled: Annotated[Closing, form(Closing)]) -> Response:
        await calls.record_outcome(service, caller, referral_id, filled)
        return _back_to(referral_id)

    @router.post("/{referral_id:uuid}/questions/{question_id:uuid}/answer")
    async def answer_question(
        caller: Coach, referral_id: UUID, question_id: UUID, filled: Annotated[Words, form(Words)]
    ) -> Response:
        await questions.answer(service, caller, referral_id, question_id, filled)
        return _back_to(referral_id)

    return router


def _back_to(referral_id: UUID) -> Response:
    return RedirectResponse(f"/referral/{referral_id}", 303)
