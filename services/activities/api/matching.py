"""Proposals for a request before anything is saved. Stores nothing, announces nothing."""

from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel

from schemas.activities import Waitable
from schemas.referral import MatchPreview
from schemas.vocabulary import NoMatch, Rule, Term
from services.activities.answers import as_json, waitable
from services.activities.api.parts import Here
from services.activities.domain.days import today
from services.activities.languages import preferred
from services.activities.wire import need_of_request
from services.runtime.bodies import body
from services.runtime.guards import allow
from services.runtime.identity import Caller

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
    """The proposals, best first; which full ones would fit; how many each rule excluded; why there are none."""

    proposals: list[Proposed]
    waitable: list[str]
    waitable_activities: list[Waitable]
    excluded: dict[Rule, int]
    no_match: NoMatch | None


@router.post("/match", response_model=Matched)
async def match(
    _caller: Asking,
    preview: Annotated[MatchPreview, body(MatchPreview)],
    here: Here,
    accept_language: Annotated[str, Header()] = "",
) -> dict[str, object]:
    """Propose activities for a request without ids; the reasons are in the language that is accepted first."""
    async with here.service.engine.connect() as connection:
        await here.catalogue.catch_up(connection)
    found = here.catalogue.match(need_of_request(preview), today(here.service.clock()))
    answer = as_json(found, preferred(accept_language))
    for proposal in answer["proposals"]:
        if listing := here.catalogue.listing(proposal["activity_id"]):
            proposal |= {name: getattr(listing, name) for name in ("name", "organiser_name", "place_name")}
    full = filter(None, map(here.catalogue.listing, found.waitable))
    return answer | {"waitable_activities": [waitable(listing) for listing in full]}
