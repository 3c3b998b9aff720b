"""A second opinion on matching: slow, plain, from the contract's page alone, on the JSON as it is sent.

It shares no code with `services.activities.domain.matching` and is built the other way round: every rule is
put to every activity, everything is sorted, nothing is kept ready.
"""

import math
from datetime import date
from decimal import Decimal

from tests.support.builders import Json

ORDER = [
    "unpublished",
    "ended",
    "agreement",
    "unverified",
    "municipality",
    "mode",
    "distance",
    "age",
    "audience",
    "language",
    "access",
    "time",
    "cost",
    "full",
]
KINDS = {
    "physical": "walking nordic_walking hiking gymnastics chair_exercise strength balance swimming"
    " water_exercise dance cycling boules table_tennis bowling skiing yoga tai_chi gardening",
    "learning": "lecture study_circle cooking nutrition language_cafe digital_skills history nature health_school",
    "culture": "choir music theatre art crafts woodwork photography reading writing film museum",
    "social": "cafe lunch games bridge friendship conversation intergenerational pets volunteering excursion",
    "support": "coping_group self_help_group peer_support bereavement carers_group mindfulness stress sleep"
    " smoking_cessation alcohol_support",
}
WEIGHTS = {
    "interest": 0.45,
    "distance": 0.20,
    "time": 0.10,
    "preference": 0.10,
    "seats": 0.10,
    "freshness": 0.05,
}


def answer(activities: list[Json], referral: Json, on: str, limit: int) -> Json:
    """Return what the match command prints for one referral, reasons left out and nothing rounded."""
    result: Json = {
        "referral_id": referral["referral_id"].lower(),
        "proposals": [],
        "waitable": [],
        "excluded": {},
        "no_match": None,
    }
    consent = referral["consent"]
    if referral["study_arm"] == "control":
        return result | {"no_match": "study_control"}
    if consent is None or on < consent["given_on"] or on > consent["expires_on"]:
        return result | {"no_match": "consent"}
    proposals, waiting = [], []
    for activity in activities:
        failed = broken_rules(activity, referral, on)
        if failed:
            first = min(failed, key=ORDER.index)
            result["excluded"][first] = result["excluded"].get(first, 0) + 1
        if not failed:
            proposals.append(scored(activity, referral, on))
        elif failed == {"full"}:
            waiting.append(scored(activity, referral, on))
    for found in (proposals, waiting):
        found.sort(key=lambda p: p["activity_id"])
        found.sort(key=lambda p: round(p["score"], 9), reverse=True)
    result["proposals"] = proposals[:limit]
    result["waitable"] = [p["activity_id"] for p in waiting[:limit]]
    result["no_match"] = None if proposals else "no_activity"
    return result


def broken_rules(activity: Json, referral: Json, on: str) -> set[str]:
    """Return every rule that excludes the activity, in no order."""
    place, seats, person = activity["place"], activity["seats"], referral["participant"]
    ages, agreement = activity["ages"] or {"min": None, "max": None}, activity["agreement"]
    live = live_sessions(activity, on)
    low = 0 if ages["min"] is None else ages["min"]
    high = 999 if ages["max"] is None else ages["max"]
    in_force = agreement is not None and agreement["valid_from"] <= on <= agreement["valid_to"]
    wanted, offered = set(referral["languages"]), set(activity["languages"])
    cost, most = activity["cost"], referral["max_cost"]
    verdicts = {
        "unpublished": activity["status"] != "published",
        "ended": len(activity["sessions"]) > 0 and len(live) == 0,
        "agreement": activity["organiser"]["kind"] == "voluntary" and not in_force,
        "unverified": activity["verified_on"] is None or days_between(activity["verified_on"], on) > 180,
        "municipality": referral["municipality"] not in [activity["municipality"], *activity["open_to"]],
        "mode": referral["modes"] != [] and activity["mode"] not in referral["modes"],
        "distance": place is not None and kilometres(referral, place) - referral["max_distance_km"] > 1e-9,
        "age": not low <= person["age"] <= high,
        "audience": (activity["audience"], person["gender"])
        not in [
            ("women", "woman"),
            ("men", "man"),
            *(("everyone", gender) for gender in ("woman", "man", "other", "undisclosed")),
        ],
        "language": wanted != set() and offered != set() and wanted & offered == set(),
        "access": any(need not in activity["access"] for need in referral["access_needs"]),
        "time": referral["free_times"] != []
        and activity["sessions"] != []
        and not any(within(session, referral) for session in live),
        "cost": most is not None
        and cost is not None
        and (cost["currency"] != most["currency"] or Decimal(cost["amount"]) > Decimal(most["amount"])),
        "full": seats["maximum"] is not None and seats["taken"] >= seats["maximum"],
    }
    return {code for code, excluded in verdicts.items() if excluded}


def scored(activity: Json, referral: Json, on: str) -> Json:
    """Return the activity as a proposal."""
    place, seats = activity["place"], activity["seats"]
    far = None if place is None else kilometres(referral, place)
    live = live_sessions(activity, on)
    asked = {key: wish for key, wish in referral["preferences"].items() if wish not in (None, "any")}
    met = [activity[key] == wish for key, wish in asked.items()]
    terms = {
        "interest": shared_interest(activity["categories"], referral["interests"]),
        "distance": 1 if far is None else 1 - far / referral["max_distance_km"],
        "time": sum(within(session, referral) for session in live) / len(live)
        if referral["free_times"] and live
        else 1,
        "preference": sum(met) / len(met) if met else 1,
        "seats": 1 if seats["maximum"] is None else 1 - seats["taken"] / seats["maximum"],
        "freshness": 1 - days_between(activity["verified_on"], on) / 180,
    }
    terms = {term: sorted((0.0, value, 1.0))[1] for term, value in terms.items()}
    return {
        "activity_id": activity["activity_id"].lower(),
        "score": sum(WEIGHTS[term] * value for term, value in terms.items()),
        "terms": terms,
        "distance_km": far,
    }


def shared_interest(categories: list[str], interests: list[str]) -> float:
    """Return the interest term."""
    if not interests:
        return 0.5
    if any(category in interests for category in categories):
        return 1.0
    for codes in KINDS.values():
        ours = [category for category in categories if category in codes.split()]
        theirs = [category for category in interests if category in codes.split()]
        if ours and theirs:
            return 0.5
    return 0.0


def live_sessions(activity: Json, on: str) -> list[Json]:
    """Return the sessions whose last day is none or not before the day."""
    return [session for session in activity["sessions"] if not session["last_on"] or session["last_on"] >= on]


def within(session: Json, referral: Json) -> bool:
    """Say whether the session lies wholly inside one free time of its day."""
    return any(
        free["day"] == session["day"] and free["from"] <= session["from"] and free["to"] >= session["to"]
        for free in referral["free_times"]
    )


def days_between(one: str, other: str) -> int:
    """Return the days from the one to the other, below 0 when the one is later."""
    return date.fromisoformat(other).toordinal() - date.fromisoformat(one).toordinal()


def kilometres(referral: Json, place: Json) -> float:
    """Return the great circle by haversine from the rounded area, radius 6371.0088 km."""
    area = referral["area"]
    phi_1, lambda_1 = math.radians(round(area["latitude"], 2)), math.radians(round(area["longitude"], 2))
    phi_2, lambda_2 = math.radians(place["latitude"]), math.radians(place["longitude"])
    h = (
        math.sin((phi_2 - phi_1) / 2) ** 2
        + math.cos(phi_1) * math.cos(phi_2) * math.sin((lambda_2 - lambda_1) / 2) ** 2
    )
    return 6371.0088 * 2 * math.asin(min(1, math.sqrt(h)))
