"""Fictional referrals of people of 60-75, as health centres send them. Never a real person."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.demo.draws import chance, one_of
from services.demo.municipalities import BY_CODE
from services.demo.participants import Participant, participant
from services.demo.stories import ONLY_BY, PERSONAL_NUMBER, STORIES, TWISTS, Body, Way

_SIGNS = {
    "elevated_blood_pressure": 30,
    "elevated_blood_glucose": 20,
    "mild_depression": 14,
    "abdominal_obesity": 14,
    "loneliness": 18,
    "inactivity": 20,
    "stress": 8,
    "sleep": 10,
    "bereavement": 6,
    "other": 3,
}
_INTERESTS = {
    "walking": 20,
    "hiking": 6,
    "gymnastics": 10,
    "strength": 6,
    "balance": 5,
    "swimming": 5,
    "water_exercise": 6,
    "dance": 6,
    "gardening": 5,
    "boules": 3,
    "cooking": 8,
    "lecture": 5,
    "history": 6,
    "digital_skills": 5,
    "language_cafe": 3,
    "choir": 7,
    "crafts": 8,
    "woodwork": 5,
    "reading": 5,
    "film": 3,
    "cafe": 12,
    "lunch": 8,
    "games": 5,
    "bridge": 3,
    "friendship": 4,
    "conversation": 5,
    "excursion": 5,
    "volunteering": 3,
    "coping_group": 6,
    "bereavement": 3,
    "mindfulness": 3,
    "sleep": 3,
}
_LANGUAGES = {
    "nb": 55,
    "": 20,
    "nb nn": 6,
    "nb se": 6,
    "nb en": 6,
    "se": 2,
    "uk en": 2,
    "ar nb": 2,
    "nb fi": 1,
}
_ACCESS_NEEDS = {
    "": 70,
    "step_free": 8,
    "parking": 6,
    "seated": 5,
    "hearing_loop": 4,
    "wheelchair step_free": 3,
    "companion": 2,
    "quiet": 2,
}
_MODES = {"": 75, "place": 15, "place online": 6, "place home": 3, "home": 1}
_GENDERS = {"woman": 54, "man": 43, "other": 1, "undisclosed": 2}
_SHARES = {
    "first_name": 35,
    "first_name phone": 40,
    "first_name phone email": 12,
    "first_name companion": 5,
    "": 8,
}
_MAX_COSTS = {"": 65, "0.00": 5, "50.00": 12, "100.00": 12, "200.00": 6}
_DISTANCES = (10, 10, 15, 20, 20, 30, 40)
_PEER_LED = (None, None, None, True, False)
_GROUP_SIZES = ("any", "any", "any", "small", "large")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat")
_FREE = (("08:00", "16:00"), ("09:00", "15:00"), ("09:00", "21:00"), ("12:00", "21:00"))
_PURPOSE = "Formidling til aktivitet ved møteplass"


@dataclass(frozen=True)
class Centre:
    """A fictional health centre and the codes of the municipalities whose people it refers."""

    id: str
    name: str
    municipalities: tuple[str, ...]


CENTRES: tuple[Centre, ...] = (
    Centre("her:0080101", "Sørstranda legekontor (fiktiv)", ("NO-5501", "NO-5532", "NO-5534", "NO-5536")),
    Centre("her:0080202", "Vågsfjord legesenter (fiktiv)", ("NO-5503", "NO-5510", "NO-5512", "NO-5514")),
    Centre("her:0080303", "Ofotlia legekontor (fiktiv)", ("NO-1806", "NO-1851", "NO-1853", "NO-5516")),
    Centre("orgnr:000000101", "Midtfjellet helsehus (fiktiv)", ("NO-5530", "NO-5522", "NO-5526", "NO-5528")),
    Centre("orgnr:000000202", "Reisadalen helsesenter (fiktiv)", ("NO-5544", "NO-5540", "NO-5542", "NO-5546")),
    Centre(
        "hsa:SE0000000000-1",
        "Treriksledens hälsocentral (fiktiv)",
        ("NO-5524", "NO-5538", "NO-5520", "NO-5518"),
    ),
)


@dataclass(frozen=True)
class Request:
    """A ReferralRequested on its way; `story` says what is special about it, `plain` if nothing is."""

    body: Body
    over: Way
    story: str
    participant: Participant

    @property
    def is_bad(self) -> bool:
        """Whether it breaks a rule, and is to be refused."""
        return self.story.startswith("bad_")


def referrals(
    seed: int,
    count: int,
    on: date,
    *,
    centres: Sequence[Centre] = CENTRES,
    over: Sequence[Way] = ("kafka", "http"),
    policies: Sequence[str] = ("coach_chooses", "best_match"),
    stories: Sequence[str] = STORIES,
) -> list[Request]:
    """Return `count` requests, ways and policies in turn, each of `stories` told once and the rest plain.

    `count` must leave room for the stories: twice as many as there are always does.
    """
    # Not the numbers that the catalogue of the same seed is drawn from: ids would meet.
    rng = random.Random(f"referrals {seed}")  # noqa: S311 - repeatable, not secret
    ways = [over[number % len(over)] for number in range(count)]
    told = _cast(rng, ways, stories)
    requests = []
    for number, way in enumerate(ways):
        story = told.get(number, "plain")
        centre = rng.choice(centres)
        someone = participant(rng, number, swedish=centre.id.startswith("hsa:"))
        body = _body(rng, on, centre, someone)
        body["policy"] = policies[number // len(over) % len(policies)]
        if way == "http":
            body["contact"] = someone.contact()
        if story != "plain":
            TWISTS[story](body, someone, on)
        requests.append(Request(body, way, story, someone))
    return requests


def personal_values(request: Request) -> set[str]:
    """Return every string of this request that only the referral service and the centre may see."""
    someone = request.participant
    values = {someone.pseudonym, request.body["wishes"]}
    if someone.friend in request.body["wishes"]:
        values.add(someone.friend)
    if "contact" in request.body:
        values |= set(someone.contact().values())
    if request.story == "bad_personal_number":
        values.add(PERSONAL_NUMBER)
    return values - {""}


def _cast(rng: random.Random, ways: Sequence[Way], stories: Sequence[str]) -> dict[int, str]:
    """Give each story a request number whose way allows it, those that are particular first."""
    free = rng.sample(range(len(ways)), len(ways))
    told = {}
    for story in sorted(stories, key=lambda story: story not in ONLY_BY):
        number = next(number for number in free if ways[number] == ONLY_BY.get(story, ways[number]))
        free.remove(number)
        told[number] = story
    return told


def _some_of(rng: random.Random, weights: dict[str, int], most: int) -> list[str]:
    """Return 1 to `most` different ones, or fewer where the same is drawn again."""
    drawn = rng.choices(tuple(weights), tuple(weights.values()), k=rng.randint(1, most))
    return list(dict.fromkeys(drawn))


def _body(rng: random.Random, on: date, centre: Centre, someone: Participant) -> Body:
    home = BY_CODE[rng.choices(centre.municipalities, [BY_CODE[code].inhabitants for code in centre.municipalities])[0]]
    cost = one_of(rng, _MAX_COSTS)
    given_on = on - timedelta(days=rng.randint(1, 40))
    return {
        "referral_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "health_centre": centre.id,
        "municipality": home.code,
        "area": {
            "latitude": round(home.latitude + rng.gauss(0, 0.02), 5),
            "longitude": round(home.longitude + rng.gauss(0, 0.05), 5),
        },
        "participant": {
            "pseudonym": someone.pseudonym,
            "age": rng.randint(60, 75),
            "gender": one_of(rng, _GENDERS),
            "protected_identity": False,
        },
        "signs": _some_of(rng, _SIGNS, 3),
        "interests": _some_of(rng, _INTERESTS, 4) if chance(rng, 92) else [],
        "wishes": someone.wish,
        "languages": _languages(rng, centre),
        "access_needs": one_of(rng, _ACCESS_NEEDS).split(),
        "free_times": _free_times(rng),
        "modes": one_of(rng, _MODES).split(),
        "max_distance_km": rng.choice(_DISTANCES),
        "max_cost": {"amount": cost, "currency": "NOK"} if cost else None,
        "preferences": {"peer_led": rng.choice(_PEER_LED), "group_size": rng.choice(_GROUP_SIZES)},
        "consent": {
            "given_on": given_on.isoformat(),
            "expires_on": (given_on + timedelta(days=365)).isoformat(),
            "share": one_of(rng, _SHARES).split(),
            "purpose": _PURPOSE,
        },
        "study_arm": "intervention" if chance(rng, 10) else None,
        "policy": "coach_chooses",
    }


def _languages(rng: random.Random, centre: Centre) -> list[str]:
    return ["sv", "nb"] if centre.id.startswith("hsa:") else one_of(rng, _LANGUAGES).split()


def _free_times(rng: random.Random) -> list[dict[str, Any]]:
    """Return no free time, which means any, or two to six days."""
    if chance(rng, 50):
        return []
    start, end = rng.choice(_FREE)
    days = rng.sample(_DAYS, rng.randint(2, len(_DAYS)))
    return [{"day": day, "from": start, "to": end} for day in sorted(days, key=_DAYS.index)]
