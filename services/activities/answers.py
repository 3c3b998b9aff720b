"""What is told of matches and seats, as events and as JSON. Never what is decided."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from schemas import activities as told
from schemas.event import Event
from schemas.explanations import reasons_said
from schemas.parts import Cost
from schemas.sentences import Language
from schemas.vocabulary import TERMS, Term
from services.activities.domain.explaining import Answer, Change, explain
from services.activities.domain.listing import Listing
from services.activities.domain.matching import Proposal
from services.activities.domain.matching.settings import RULES_VERSION
from services.activities.domain.seats import Awaited, Offered, Outcome, Refused, Released, Reserved

DECIMALS: Final = 4

Find = Callable[[str], Listing | None]
"""The listing of an activity by its id."""


def matching_event(referral_id: UUID, answer: Answer, find: Find) -> Event:
    """Return the event that proposes, or says that nothing fits and what would help."""
    found = answer.found
    full = tuple([waitable(_listed(activity_id, find)) for activity_id in found.waitable])
    full_ids = tuple([each.activity_id for each in full])
    if found.no_match:
        return told.NoActivityFound(
            referral_id=referral_id,
            reason=found.no_match,
            excluded=found.excluded,
            waitable=full_ids,
            waitable_activities=full,
            changes=changes_told(answer.changes),
        )
    return told.ActivitiesProposed(
        referral_id=referral_id,
        proposals=tuple([_proposal(proposal, answer, find) for proposal in found.proposals]),
        rules_version=RULES_VERSION,
        settings_version=found.settings_version,
        excluded=found.excluded,
        waitable=full_ids,
        waitable_activities=full,
    )


def _proposal(proposal: Proposal, answer: Answer, find: Find) -> told.Proposal:
    listing = _listed(proposal.activity_id, find)
    explained = explain(proposal, listing, answer.need, answer.on)
    far = proposal.distance_km
    return _unmeasured(listing).model_copy(
        update={
            **explained._asdict(),
            "score": round(proposal.score, DECIMALS),
            "terms": _terms(proposal),
            "distance_km": None if far is None else round(far),
        }
    )


@lru_cache(maxsize=5_000)
def _unmeasured(listing: Listing) -> told.Proposal:
    """Return what every proposal of the activity says; how it fits is still to be filled in."""
    return told.Proposal(
        activity_id=listing.activity_id,
        name=listing.name,
        organiser_name=listing.organiser_name,
        place_name=listing.place_name,
        score=0,
        terms={},
        distance_km=None,
        reasons=(),
    )


def changes_told(changes: Iterable[Change]) -> tuple[told.Change, ...]:
    """Return the changes that would help as they are told."""
    return tuple([_change(change) for change in changes])


def _change(change: Change) -> told.Change:
    cost = change.cost and Cost(amount=change.cost.amount, currency=change.cost.currency)
    return told.Change(
        count=change.count,
        km=change.km,
        instead_of_km=change.instead_of_km,
        day=change.day,
        language=change.language,
        mode=change.mode,
        cost=cost,
    )


@lru_cache(maxsize=5_000)
def waitable(listing: Listing) -> told.Waitable:
    """Return how a full activity is told."""
    return told.Waitable(
        activity_id=listing.activity_id,
        name=listing.name,
        organiser_name=listing.organiser_name,
        place_name=listing.place_name,
    )


def _listed(activity_id: str, find: Find) -> Listing:
    listing = find(activity_id)
    assert listing is not None  # noqa: S101 - what is matched is listed, and also what was withdrawn since
    return listing


def seat_event(referral_id: UUID, outcome: Outcome, find: Find) -> Event:
    """Return the event that tells what became of a seat."""
    match outcome:
        case Reserved(choice, activity_id):
            return _reserved(referral_id, choice, _listed(str(activity_id), find))
        case Refused(choice, activity_id, reason):
            return told.SeatRefused(referral_id=referral_id, choice=choice, activity_id=activity_id, reason=reason)
        case Awaited(choice, activity_id, place):
            return told.SeatAwaited(referral_id=referral_id, choice=choice, activity_id=activity_id, place=place)
        case Offered(choice, activity_id):
            return told.SeatOffered(referral_id=referral_id, choice=choice, activity_id=activity_id)
        case Released(choice, activity_id, why):
            return told.SeatReleased(referral_id=referral_id, choice=choice, activity_id=activity_id, reason=why)


def _reserved(referral_id: UUID, choice: int, listing: Listing) -> told.SeatReserved:
    return told.SeatReserved(
        referral_id=referral_id,
        choice=choice,
        activity_id=listing.activity_id,
        contact_id=listing.contact_id,
        municipality=listing.municipality,
        activity_name=listing.name,
        organiser_name=listing.organiser_name,
        place_name=listing.place_name,
        address=listing.address,
        mode=listing.mode,
        sessions=listing.sessions,
    )


def as_json(answer: Answer, find: Find, language: Language) -> dict[str, Any]:
    """Return the answer as the contracts print it, its reasons in the language."""
    found = answer.found
    return {
        "proposals": [_as_json(proposal, answer, find, language) for proposal in found.proposals],
        "waitable": found.waitable,
        "excluded": found.excluded,
        "no_match": found.no_match,
    }


def _as_json(proposal: Proposal, answer: Answer, find: Find, language: Language) -> dict[str, Any]:
    explained = explain(proposal, _listed(proposal.activity_id, find), answer.need, answer.on)
    far = proposal.distance_km
    return {
        "activity_id": proposal.activity_id,
        "score": round(proposal.score, DECIMALS),
        "terms": _terms(proposal),
        "distance_km": None if far is None else round(far, DECIMALS),
        "reasons": reasons_said(explained, language),
    }


def _terms(proposal: Proposal) -> dict[Term, float]:
    return dict(zip(TERMS, map(_rounded, proposal.terms), strict=True))


@lru_cache(maxsize=10_000)  # most terms have few values, and to round takes longer than to remember
def _rounded(value: float) -> float:
    return round(value, DECIMALS)
