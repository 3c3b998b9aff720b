"""Proposals for a request before anything is saved. Stores nothing, announces nothing."""

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel

from schemas.activities import Waitable
from schemas.explanations import changes_said, exclusions_said
from schemas.referral import MatchPreview
from schemas.vocabulary import NoMatch, Rule, Term
from services.activities.answers import as_json, changes_told, waitable
from services.activities.api.parts import Here
from services.activities.domain.days import today
from services.activities.wire import need_of_request
from services.runtime.bodies import body
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.languages import preferred

router = APIRouter(tags=["matching"])

Asking = Annotated[Caller, allow("coach", scope="match.preview")]


class Proposed(BaseModel):
    """An activity that fits, and why; `distance_km` is null for what is online or at home."""

    activity_id: str
    name: str
    organiser_name: str
    place_name: str | None
    score: float
    terms: dict[Term, float]
    distance_km: float | None
    reasons: list[str]


class Matched(BaseModel):
    """The proposals, best first; which full ones would fit; how many each rule excluded; why there are none.

    Where nothing fits, `why_none` says what excluded how many and `would_help` which single changes would help.
    """

    proposals: list[Proposed]
    waitable: list[str]
    waitable_activities: list[Waitable]
    excluded: dict[Rule, int]
    no_match: NoMatch | None
    why_none: list[str]
    would_help: list[str]


@router.post("/match", response_model=Matched)
async def match(
    _caller: Asking,
    preview: Annotated[MatchPreview, body(MatchPreview)],
    here: Here,
    accept_language: Annotated[str, Header()] = "",
) -> dict[str, object]:
    """Propose activities for a request without ids; the reasons are in the language that is accepted first."""
    on = today(here.service.clock())
    async with here.service.engine.connect() as connection:
        await here.catalogue.catch_up(connection, on)
    language = preferred(accept_language)
    answer = here.catalogue.answer(need_of_request(preview), on)
    told, found = as_json(answer, here.catalogue.listing, language), answer.found
    for proposal in told["proposals"]:
        if listing := here.catalogue.listing(proposal["activity_id"]):
            proposal |= {name: getattr(listing, name) for name in ("name", "organiser_name", "place_name")}
    full = filter(None, map(here.catalogue.listing, found.waitable))
    return told | {
        "waitable_activities": [waitable(listing) for listing in full],
        "why_none": exclusions_said(found.excluded, language) if found.no_match == "no_activity" else [],
        "would_help": changes_said(changes_told(answer.changes), preview, language),
    }
