"""The coach's page that asks what would fit, before anything is saved. Stores nothing, tells nobody for whom."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response

from schemas.event import Part
from schemas.referral import Consent, MatchPreview
from schemas.sentences import Language
from schemas.strict import FieldError, Invalid, parse_object
from schemas.vocabulary import ACCESS_NEEDS, CATEGORIES, DAYS, MODES
from services.referral.domain.wishes import suggest
from services.referral.matching import Matching
from services.referral.pages import TEMPLATES, Coach
from services.referral.store.work import Work
from services.runtime.bodies import form
from services.runtime.pages import page
from services.runtime.service import Service

TIMES: Final = 3
"""How many free times the form asks for."""
A_DAY: Final = timedelta(days=1)
LISTS: Final = {"kinds": CATEGORIES, "access_needs": ACCESS_NEEDS, "modes": MODES, "days": DAYS, "times": TIMES}
FIELD_OF: Final = {
    "area.latitude": "latitude",
    "area.longitude": "longitude",
    "participant.age": "age",
    "max_cost.amount": "max_cost",
    "max_cost.currency": "currency",
}
"""The form's field for a path of the request, where it has another name."""


class Filled(Part):
    """The form as it was filled in: a field that was left alone is an empty text."""

    municipality: str = ""
    latitude: str = ""
    longitude: str = ""
    age: str = ""
    gender: str = "undisclosed"
    wishes: str = ""
    interests: tuple[str, ...] = ()
    languages: str = ""
    access_needs: tuple[str, ...] = ()
    day: tuple[str, ...] = ("",) * TIMES
    start: tuple[str, ...] = ("",) * TIMES
    end: tuple[str, ...] = ("",) * TIMES
    modes: tuple[str, ...] = ()
    max_distance_km: str = "10"
    max_cost: str = ""
    currency: str = ""
    peer_led: str = ""
    group_size: str = "any"
    language: Language = "en"
    """In which the reasons are told."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong with which field of the form."""

    field: str
    path: str
    rule: str


def routes(service: Service[Work], matching: Matching) -> APIRouter:
    """Return the router of the page."""
    router = APIRouter()

    @router.get("/what-fits")
    async def begin(caller: Coach, request: Request) -> Response:  # noqa: ARG001 - the guard is all it is for
        return _page(request, Filled())

    @router.post("/what-fits")
    async def ask(
        caller: Coach,  # noqa: ARG001 - the guard is all it is for
        request: Request,
        filled: Annotated[Filled, form(Filled)],
    ) -> Response:
        try:
            wanted = parse_object(MatchPreview, _wanted(filled))
        except Invalid as invalid:
            return _page(request, filled, status=422, mistakes=[_mistake(each) for each in invalid.errors])
        today = service.clock().date()
        # As if there were a consent: nobody is asked for one before it is known whether anything fits.
        consent = Consent(given_on=today - A_DAY, expires_on=today + A_DAY, purpose="")
        return _page(request, filled, answer=await matching.answer(wanted, consent, filled.language))

    return router


def _page(request: Request, filled: Filled, *, status: int = 200, **shown: object) -> Response:
    suggested = [each for each in suggest(filled.wishes) if each not in filled.interests]
    known: dict[str, Any] = {"filled": filled, "suggested": suggested, "mistakes": []}
    return page(TEMPLATES, request, "what_fits.html", status=status, **{**known, **LISTS, "answer": None, **shown})


def _wanted(filled: Filled) -> dict[str, object]:
    """Return the request that the form makes, not yet checked."""
    times = zip(filled.day, filled.start, filled.end, strict=False)
    return {
        "municipality": filled.municipality.strip(),
        "area": {"latitude": _number(filled.latitude), "longitude": _number(filled.longitude)},
        "participant": {"age": _number(filled.age), "gender": filled.gender},
        "wishes": filled.wishes,
        "interests": filled.interests,
        "languages": filled.languages.replace(",", " ").split(),
        "access_needs": filled.access_needs,
        "free_times": [{"day": day, "from": start, "to": end} for day, start, end in times if day],
        "modes": filled.modes,
        "max_distance_km": _number(filled.max_distance_km),
        "max_cost": {"amount": filled.max_cost.strip(), "currency": filled.currency} if filled.max_cost else None,
        "preferences": {"peer_led": {"yes": True, "no": False}.get(filled.peer_led), "group_size": filled.group_size},
    }


def _number(text: str) -> float | str:
    """Return the number, with a point or a comma; the text, to be refused with its path, if it is none."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _mistake(error: FieldError) -> Mistake:
    field = FIELD_OF.get(error.path) or error.path.partition("[")[0].partition(".")[0]
    return Mistake(field, error.path, error.rule)
