"""The coach's pages: the list, and one referral with what can be done about it. They work without JavaScript."""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from schemas.event import Part
from schemas.questions import Words
from schemas.referral import Choice, Closing, Withdrawal
from schemas.sentences import Language
from schemas.strict import Invalid, parse_object
from schemas.vocabulary import OUTCOMES, REFERRAL_STATES, WITHDRAWAL_REASONS, Category, ReferralState, WaitingOn
from schemas.words import CATEGORY_NAMES, named
from services.dates import day_in, moment_in
from services.referral import calls, questions
from services.referral.coach_texts import COACH_TEXTS
from services.referral.coach_texts.texts import Wrong
from services.referral.domain.referral import UNDECIDED
from services.referral.matching import Matching
from services.referral.store.work import Work
from services.referral.views import ReferralView
from services.runtime.bodies import form
from services.runtime.errors import Conflict
from services.runtime.guards import signed_in
from services.runtime.identity import Caller
from services.runtime.languages import language_of
from services.runtime.pages import environment, page
from services.runtime.paging import Cursor
from services.runtime.service import Service
from services.working_days import zone_of

LINES = 50
MOST_NEXT = 4

Coach = Annotated[Caller, signed_in("coach")]


class ChoiceForm(Part):
    """The form of the choice; what was left alone is an empty text, and the page can say so."""

    activity_id: str = ""
    then: tuple[str, ...] = ()
    wait: Literal["yes"] | None = None

    @property
    def following(self) -> list[str]:
        """What the participant would take next."""
        return [activity_id for activity_id in self.then if activity_id]


class Answer(Part):
    """The form of an answer; whether it is one is checked so that the page can say it."""

    text: str = ""


NOTHING_SAID: Final[dict[str, Any]] = {"wrong": None, "choice": ChoiceForm(), "written": {}}
"""What the page shows beside where the referral stands: why a form was not taken, and what was filled in."""


def local(moment: datetime, municipality: str, language: Language) -> str:
    """Return the moment as a clock in the municipality shows it."""
    return moment_in(language, moment.astimezone(zone_of(municipality)))


def categories(codes: Iterable[Category], language: Language) -> str:
    """Return what the categories are called, as a list that is read aloud."""
    return named(codes, CATEGORY_NAMES, language)


TEMPLATES = environment(Path(__file__).parent / "templates")
TEMPLATES.filters |= {
    "local": local,
    "day": lambda day, language: day_in(language, day),
    "categories": categories,
    "fill": lambda text, **values: text.format(**values),
}


def coach_page(request: Request, template: str, **shown: Any) -> Response:  # noqa: ANN401 - what the template shows
    """Return a page of the coach in the language that they read."""
    language = language_of(request)
    return page(TEMPLATES, request, template, language=language, t=COACH_TEXTS[language], **shown)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every route of a referral works with: it is shown here, and what is recorded of it is shown after that."""

    service: Service[Work]
    matching: Matching

    async def shown(self, caller: Caller, request: Request, referral_id: UUID, **said: Any) -> Response:  # noqa: ANN401 - as in NOTHING_SAID, and the status
        """Return the page of the referral; NotFound as always."""
        referral = await calls.read(self.service, self.matching, caller, referral_id, language_of(request))
        return coach_page(request, "referral.html", got_at=_path(referral_id), **_of(referral), **NOTHING_SAID | said)

    async def recorded(
        self,
        caller: Caller,
        request: Request,
        referral_id: UUID,
        recording: Awaitable[object],
        **said: Any,  # noqa: ANN401 - as above, where it breaks a rule
    ) -> Response:
        """Go back to the page, or show on it why that was not taken."""
        try:
            await recording
        except Conflict:
            return await self.shown(caller, request, referral_id, status=409, **said | {"wrong": "too_late"})
        except Invalid:
            return await self.shown(caller, request, referral_id, status=422, **said)
        return RedirectResponse(_path(referral_id), 303)


def routes(service: Service[Work], matching: Matching) -> APIRouter:
    """Return the router of the pages."""
    router, parts = APIRouter(), Parts(service, matching)
    _add_list(router, service)
    _add_referral(router, parts)
    return router


def _add_list(router: APIRouter, service: Service[Work]) -> None:
    @router.get("/")
    async def list_referrals(
        caller: Coach,
        request: Request,
        state: ReferralState | None = None,
        waiting_on: WaitingOn | None = None,
        cursor: Cursor = None,
    ) -> Response:
        found = await calls.list_lines(service, caller, state=state, waiting_on=waiting_on, cursor=cursor, limit=LINES)
        asked: dict[str, Any] = {"state": state, "states": REFERRAL_STATES, "waiting_on": waiting_on}
        return coach_page(request, "list.html", lines=found.items, next=found.next, **asked)


def _add_referral(router: APIRouter, parts: Parts) -> None:
    service = parts.service

    @router.get("/{referral_id:uuid}")
    async def show_referral(caller: Coach, request: Request, referral_id: UUID) -> Response:
        return await parts.shown(caller, request, referral_id)

    @router.post("/{referral_id:uuid}/choice")
    async def choose(
        caller: Coach, request: Request, referral_id: UUID, filled: Annotated[ChoiceForm, form(ChoiceForm)]
    ) -> Response:
        if wrong := _what_is_wrong(filled):
            return await parts.shown(caller, request, referral_id, status=422, wrong=wrong, choice=filled)
        recording = _record_choice(service, caller, referral_id, filled)
        return await parts.recorded(caller, request, referral_id, recording, wrong="not_proposed", choice=filled)

    @router.post("/{referral_id:uuid}/withdrawal")
    async def withdraw(
        caller: Coach, request: Request, referral_id: UUID, filled: Annotated[Withdrawal, form(Withdrawal)]
    ) -> Response:
        recording = calls.record_withdrawal(service, caller, referral_id, filled)
        return await parts.recorded(caller, request, referral_id, recording)

    @router.post("/{referral_id:uuid}/outcome")
    async def close(
        caller: Coach, request: Request, referral_id: UUID, filled: Annotated[Closing, form(Closing)]
    ) -> Response:
        return await parts.recorded(
            caller, request, referral_id, calls.record_outcome(service, caller, referral_id, filled)
        )

    @router.post("/{referral_id:uuid}/questions/{question_id:uuid}/answer")
    async def answer_question(
        caller: Coach, request: Request, referral_id: UUID, question_id: UUID, filled: Annotated[Answer, form(Answer)]
    ) -> Response:
        recording = _answer(service, caller, referral_id, question_id, filled)
        said = {"wrong": "answer", "written": {question_id: filled.text}}
        return await parts.recorded(caller, request, referral_id, recording, **said)


def _path(referral_id: UUID) -> str:
    return f"/referral/{referral_id}"


def _of(referral: ReferralView) -> dict[str, Any]:
    """Return what the page shows of the referral."""
    choosable = (*(referral.proposals or ()), *referral.waitable_activities)
    return {
        "referral": referral,
        "choosable": choosable if referral.state in UNDECIDED else (),
        "names": {each.activity_id: each.name for each in choosable},
        "most_next": MOST_NEXT,
        "outcomes": OUTCOMES,
        "reasons": WITHDRAWAL_REASONS,
    }


def _what_is_wrong(filled: ChoiceForm) -> Wrong | None:
    """Return the name of the text that says why a choice cannot be one; None if it may."""
    wanted = [filled.activity_id, *filled.following]
    if not filled.activity_id:
        return "nothing_chosen"
    return "chosen_twice" if len(set(wanted)) < len(wanted) else None


async def _record_choice(service: Service[Work], caller: Caller, referral_id: UUID, filled: ChoiceForm) -> None:
    chosen = {"activity_id": filled.activity_id, "then": filled.following, "wait": filled.wait is not None}
    await calls.record_choice(service, caller, referral_id, parse_object(Choice, chosen))


async def _answer(service: Service[Work], caller: Caller, referral_id: UUID, question_id: UUID, filled: Answer) -> None:
    await questions.answer(service, caller, referral_id, question_id, parse_object(Words, {"text": filled.text}))
