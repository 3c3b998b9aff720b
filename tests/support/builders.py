"""Builders: the JSON of the contracts' things, plain and valid, changed by what a test is about."""

from typing import Any
from uuid import UUID

Json = dict[str, Any]

ON = "2025-03-12"
"""The day on which tests match: a Wednesday."""


def number(n: int) -> str:
    """Return the n-th id: ids sort as their numbers do."""
    return str(UUID(int=n))


def an_activity(n: int = 1, **changes: object) -> Json:
    """Return an ActivityPublished: a free walk in Tromsø on Mondays, verified on the day, for all."""
    activity = {
        "activity_id": number(n),
        "name": "Tur i Folkeparken",
        "description": "",
        "organiser": {"organiser_id": number(900), "name": "Tromsø kommune", "kind": "municipality"},
        "municipality": "NO-5501",
        "open_to": [],
        "place": {
            "place_id": number(901),
            "name": "Folkeparken",
            "latitude": 69.65,
            "longitude": 18.96,
            "address": "Conrad Holmboes veg",
        },
        "mode": "place",
        "categories": ["walking"],
        "languages": [],
        "access": [],
        "sessions": [a_session()],
        "ages": None,
        "audience": "everyone",
        "seats": {"maximum": None, "taken": 0},
        "cost": None,
        "peer_led": False,
        "group_size": "small",
        "status": "published",
        "agreement": None,
        "verified_on": ON,
        "contact_id": None,
    }
    return activity | changes


def a_session(day: str = "mon", start: str = "10:00", end: str = "12:00", **changes: object) -> Json:
    """Return a weekly session."""
    weekly = {"day": day, "from": start, "to": end, "every_weeks": 1, "first_on": None, "last_on": None}
    return weekly | changes


def a_referral(n: int = 1, **changes: object) -> Json:
    """Return a ReferralRequested: a woman of 67 in Tromsø who would like to walk, and consents."""
    referral = {
        "referral_id": number(n),
        "health_centre": "hsa:SE2321000016-1",
        "municipality": "NO-5501",
        "area": {"latitude": 69.65, "longitude": 18.96},
        "participant": {"pseudonym": f"p-{n}", "age": 67, "gender": "woman", "protected_identity": False},
        "signs": [],
        "interests": ["walking"],
        "wishes": "",
        "languages": [],
        "access_needs": [],
        "free_times": [],
        "modes": [],
        "max_distance_km": 10,
        "max_cost": None,
        "preferences": {},
        "consent": a_consent(),
        "study_arm": None,
        "policy": "coach_chooses",
    }
    return referral | changes


def a_consent(given_on: str = "2025-01-01", expires_on: str = "2025-12-31") -> Json:
    """Return a consent to be matched and to share a first name."""
    return {
        "given_on": given_on,
        "expires_on": expires_on,
        "share": ["first_name"],
        "purpose": "To find an activity.",
    }
