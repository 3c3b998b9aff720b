"""A published activity as a service of Open Referral's HSDS 3. Never whose seats are taken, never a contact.

Ids that HSDS wants and we have none for are made from what they belong to, so that they stay the same.
"""

from typing import Any, Final
from uuid import UUID, uuid5

from schemas.activities import ActivityPublished, Organiser, Place, Session
from schemas.parts import Cost
from schemas.vocabulary import Audience

NAMESPACE: Final = UUID("7d9f0c0e-3a53-4f0e-9a65-5d6f3b1f7a10")
AUDIENCES: Final[dict[Audience, str]] = {"everyone": "Everyone.", "women": "Women only.", "men": "Men only."}


def service(activity: ActivityPublished) -> dict[str, Any]:
    """Return the service, whole."""
    ages = activity.ages
    return _known(
        {
            "id": str(activity.activity_id),
            "name": activity.name,
            "description": activity.description,
            "status": "active",
            "eligibility_description": AUDIENCES[activity.audience],
            "minimum_age": ages.min if ages else None,
            "maximum_age": ages.max if ages else None,
            "assured_date": activity.verified_on.isoformat() if activity.verified_on else None,
            "organization": _organization(activity.organiser),
            "languages": [
                {"id": _made(activity.activity_id, "language", code), "code": code} for code in activity.languages
            ],
            "schedules": [_schedule(activity.activity_id, session) for session in activity.sessions],
            "cost_options": [_cost(activity.activity_id, activity.cost)] if activity.cost else [],
            "service_areas": [
                {"id": _made(activity.activity_id, "area", code), "name": code, "extent_type": "municipality"}
                for code in (activity.municipality, *activity.open_to)
            ],
            "service_at_locations": [_at_location(activity)],
        }
    )


def _organization(organiser: Organiser) -> dict[str, Any]:
    return {"id": _made("organiser", organiser.organiser_id), "name": organiser.name, "description": organiser.kind}


def _schedule(activity_id: UUID, session: Session) -> dict[str, Any]:
    fields = {
        "id": _made(activity_id, "schedule", session.model_dump_json()),
        "freq": "WEEKLY",
        "interval": session.every_weeks,
        "byday": session.day[:2].upper(),
        "opens_at": session.from_,
        "closes_at": session.to,
        "valid_from": session.first_on.isoformat() if session.first_on else None,
        "valid_to": session.last_on.isoformat() if session.last_on else None,
    }
    return _known(fields)


def _cost(activity_id: UUID, cost: Cost) -> dict[str, Any]:
    return {
        "id": _made(activity_id, "cost"),
        "option": "Per session",
        "currency": cost.currency.lower(),
        "amount": float(cost.amount),
    }


def _at_location(activity: ActivityPublished) -> dict[str, Any]:
    at = activity.place
    location: dict[str, Any] = (
        _place(at) if at else {"id": _made(activity.activity_id, "location"), "location_type": "virtual"}
    )
    if activity.mode == "home":
        location |= {"location_type": "physical", "name": "The participant's home"}
    location["accessibility"] = [
        {"id": _made(activity.activity_id, "access", code), "description": code} for code in activity.access
    ]
    return {"id": _made(activity.activity_id, "at"), "location": location}


def _place(place: Place) -> dict[str, Any]:
    return {
        "id": _made("place", place.place_id),
        "location_type": "physical",
        "name": place.name,
        "description": place.address,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


def _made(*of: object) -> str:
    return str(uuid5(NAMESPACE, "\x1f".join(map(str, of))))


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that are known: HSDS has no null."""
    return {name: value for name, value in fields.items() if value is not None}
