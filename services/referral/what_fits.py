"""The coach's page that asks what would fit, before anything is saved. Stores nothing, tells nobody for whom."""

from datetime import timedelta
from typing import Annotated, Any, Final, get_args

from fastapi import APIRouter, Request, Response

from schemas.event import Part
from schemas.referral import Consent, MatchPreview
from schemas.strict import FieldError, Invalid, parse_object
from schemas.vocabulary import ACCESS_NEEDS, CATEGORIES, DAYS, MODES
from schemas.words import CATEGORY_NAMES, DAY_NAMES
from services.referral.coach_texts.texts import Asked
from services.referral.domain.wishes import suggest
from services.referral.matching import Matching
from services.referral.pages import Coach, coach_page
from services.referral.store.work import Work
from services.runtime.bodies import form
from services.runtime.languages import QUERY, language_of
from services.runtime.service import Service

TIMES: Final = 3
"""How many free times the form asks for."""
A_DAY: Final = timedelta(days=1)
LISTS: Final[dict[str, Any]] = {
    "kinds": CATEGORIES,
    "access_needs": ACCESS_NEEDS,
    "modes": MODES,
    "days": DAYS,
    "times": TIMES,
    "category_names": CATEGORY_NAMES,
    "day_names": DAY_NAMES,
}
OUTER: Final = ("area", "participant", "preferences")
"""Objects of the request that the form takes apart."""


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
            if QUERY in request.query_params:  # somebody switched the language while filling it in
                return _page(request, filled)
            return _page(request, filled, status=422, mistakes=list(dict.fromkeys(map(_field_of, invalid.errors))))
        today = service.clock().date()
        # As if there were a consent: nobody is asked for one before it is known whether anything fits.
        consent = Consent(given_on=today - A_DAY, expires_on=today + A_DAY, purpose="")
        return _page(request, filled, answer=await matching.answer(wanted, consent, language_of(request)))

    return router


def _page(request: Request, filled: Filled, **shown: Any) -> Response:  # noqa: ANN401 - what the template shows
    suggested = [each for each in suggest(filled.wishes) if each not in filled.interests]
    known: dict[str, Any] = {"filled": filled, "suggested": suggested, "mistakes": [], "answer": None}
    return coach_page(request, "what_fits.html", is_fresh=request.method == "GET", **LISTS, **known | shown)


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
        "max_cost": {"amount": filled.max_cost.strip().replace(",", "."), "currency": filled.currency}
        if filled.max_cost
        else None,
        "preferences": {"peer_led": {"yes": True, "no": False}.get(filled.peer_led), "group_size": filled.group_size},
    }


def _number(text: str) -> float | str:
    """Return the number, with a point or a comma; the text, to be refused with its path, if it is none."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _field_of(error: FieldError) -> Asked:
    """Return the form's field in which what is wrong is mended."""
    outer, _, inner = error.path.partition("[")[0].partition(".")
    field = inner if outer in OUTER or inner == "currency" else outer
    return next(each for each in get_args(Asked) if each == field)
