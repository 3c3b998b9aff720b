"""The made catalogue of the contracts' benchmarks, and referrals to it: nothing in it is real, all follows a seed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import accumulate
from random import Random
from uuid import UUID

from schemas.vocabulary import ACCESS_NEEDS, DAYS, KIND_OF
from services.activities.domain.matching import Activity, Cost, Need, Period, Position, Session, WeekTime

ON = date(2026, 3, 12)
ACTIVITIES = 100_000
YEAR = timedelta(days=365)
DEGREES = 0.08
"""How far places lie scattered about a municipality's centre: one standard deviation."""
ZIPF = 0.8
LANGUAGES = ("sv", "nb", "se", "fi", "ar", "en")
CATEGORIES = tuple(KIND_OF)
RADII_KM = (5.0, 10.0, 25.0)
AMOUNTS = tuple(Decimal(amount) for amount in ("20.00", "30.00", "40.00", "50.00", "75.00", "100.00", "150.00"))
AGES = (18, 50, 55, 60, 65, 70, 75, 80, 90)
HALF_HOUR, HOUR, DAY = 30, 60, 24 * 60


@dataclass(frozen=True)
class Town:
    """A municipality: where its centre lies, its neighbours, and how many activities it has."""

    code: str
    latitude: float
    longitude: float
    neighbours: tuple[str, ...]
    activities: int


def towns_by_zipf(activities: int, count: int = 290, seed: int = 1) -> list[Town]:
    """Return towns whose sizes follow Zipf."""
    shares = [1 / rank**ZIPF for rank in range(1, count + 1)]
    ends = [round(activities * end / sum(shares)) for end in accumulate(shares)]
    return _towns([end - start for start, end in zip([0, *ends], ends, strict=False)], seed)


def towns_alike(count: int, activities: int = 345, seed: int = 1) -> list[Town]:
    """Return towns of equal size."""
    return _towns([activities] * count, seed)


def _towns(sizes: Sequence[int], seed: int) -> list[Town]:
    random, count = Random(seed), len(sizes)  # noqa: S311 - made up, not secret
    codes = [f"SE-{number:04}" for number in range(count)]
    return [
        Town(
            code,
            random.uniform(55.5, 67.5),
            random.uniform(12, 22),
            (codes[number - 1], codes[(number + 1) % count]),
            size,
        )
        for number, (code, size) in enumerate(zip(codes, sizes, strict=True))
    ]


def activities(towns: Sequence[Town], seed: int = 2) -> Iterator[Activity]:
    """Return the activities of all towns, town by town."""
    random = Random(seed)  # noqa: S311 - made up, not secret
    for town in towns:
        for _ in range(town.activities):
            yield _activity(random, town)


def _activity(random: Random, town: Town) -> Activity:
    chance, draw = partial(_happens, random), random.choice
    mode = "place" if chance(0.8) else draw(("online", "home"))
    flaw = draw(("status", "agreement", "verification")) if chance(0.3) else None
    voluntary = flaw == "agreement" or chance(0.5)
    ages = sorted((draw(AGES), draw(AGES))) if chance(0.4) else (None, None)
    maximum = None if chance(0.2) else random.randint(4, 40)
    return Activity(
        activity_id=str(UUID(int=random.getrandbits(128), version=4)),
        status=draw(("draft", "paused", "ended")) if flaw == "status" else "published",
        organiser_kind="voluntary" if voluntary else draw(("municipality", "health_centre")),
        municipality=town.code,
        open_to=frozenset(town.neighbours) if chance(0.1) else frozenset(),
        mode=mode,
        position=_near(random, town) if mode == "place" else None,
        categories=_some(random, CATEGORIES, 1, 3),
        languages=_some(random, LANGUAGES, 0, 3),
        access=_some(random, ACCESS_NEEDS, 0, 12),
        sessions=tuple({_session(random) for _ in range(random.randint(0, 3))}),
        min_age=ages[0],
        max_age=ages[1],
        audience=draw(("women", "men")) if chance(0.2) else "everyone",
        maximum=maximum,
        taken=random.randint(0, maximum or 40),
        cost=None if chance(0.5) else Cost(draw(AMOUNTS), "SEK"),
        peer_led=chance(0.2),
        group_size=draw(("small", "large")),
        agreement=Period(
            ON - YEAR, ON + (-1 if flaw == "agreement" else 1) * random.randint(1, 300) * timedelta(days=1)
        )
        if voluntary
        else None,
        verified_on=ON - timedelta(days=random.randint(181, 400) if flaw == "verification" else random.randint(0, 180)),
    )


def needs(towns: Sequence[Town], count: int, seed: int = 3) -> list[Need]:
    """Return what matching reads of referrals, drawn by the sizes of their towns."""
    random = Random(seed)  # noqa: S311 - made up, not secret
    chosen = random.choices(towns, [town.activities for town in towns], k=count)
    return [_need(random, town) for town in chosen]


def _need(random: Random, town: Town) -> Need:
    chance, draw = partial(_happens, random), random.choice
    return Need(
        municipality=town.code,
        area=_near(random, town, rounded=True),
        age=random.randint(55, 85),
        gender=draw(("woman", "man", "woman", "man", "other", "undisclosed")),
        max_distance_km=draw(RADII_KM),
        interests=_some(random, CATEGORIES, 0, 3),
        languages=_some(random, LANGUAGES, 1, 2) if chance(0.5) else frozenset(),
        access_needs=_some(random, ACCESS_NEEDS, 1, 2) if chance(0.5) else frozenset(),
        free_times=(_free_time(random), _free_time(random)) if chance(0.4) else (),
        max_cost=Cost(draw(AMOUNTS), "SEK") if chance(0.4) else None,
        peer_led=draw((True, False)) if chance(0.2) else None,
        group_size=draw(("small", "large")) if chance(0.3) else "any",
        consent=Period(ON - YEAR, ON + YEAR),
    )


def _happens(random: Random, share: float) -> bool:
    return random.random() < share


def _near(random: Random, town: Town, *, rounded: bool = False) -> Position:
    latitude, longitude = random.gauss(town.latitude, DEGREES), random.gauss(town.longitude, DEGREES)
    return Position(round(latitude, 2), round(longitude, 2)) if rounded else Position(latitude, longitude)


def _some(random: Random, codes: Sequence[str], least: int, most: int) -> frozenset[str]:
    return frozenset(random.sample(codes, random.randint(least, most)))


def _session(random: Random) -> Session:
    start = random.randrange(7) * DAY + random.randrange(8 * HOUR, 19 * HOUR, HALF_HOUR)
    return Session(WeekTime(start, start + random.choice((60, 90, 120))))


def _free_time(random: Random) -> WeekTime:
    start = random.randrange(7) * DAY + random.randrange(8 * HOUR, 15 * HOUR, HOUR)
    return WeekTime(start, start + random.randint(3, 8) * HOUR)


def document(activity: Activity) -> str:
    """Return the activity as ActivityPublished: names are made up, days and places are its own."""
    number = activity.activity_id[:4]
    place = None
    if activity.position:
        point = activity.position._asdict()
        place = {
            "place_id": f"p-{number}",
            "name": f"Föreningshuset {number}",
            "address": f"Storgatan {number}",
            **point,
        }
    published = {
        "activity_id": activity.activity_id,
        "name": f"{' och '.join(sorted(activity.categories))} i {number}".capitalize(),
        "description": "En öppen grupp för alla som vill vara med. Välkommen!",
        "organiser": {"organiser_id": f"o-{number}", "name": f"Föreningen {number}", "kind": activity.organiser_kind},
        "municipality": activity.municipality,
        "open_to": sorted(activity.open_to),
        "mode": activity.mode,
        "place": place,
        "categories": sorted(activity.categories),
        "languages": sorted(activity.languages),
        "access": sorted(activity.access),
        "sessions": [_session_document(session) for session in activity.sessions],
        "ages": {"min": activity.min_age, "max": activity.max_age} if activity.min_age else None,
        "audience": activity.audience,
        "seats": {"maximum": activity.maximum, "taken": activity.taken},
        "cost": {"amount": str(activity.cost.amount), "currency": activity.cost.currency} if activity.cost else None,
        "peer_led": activity.peer_led,
        "group_size": activity.group_size,
        "status": activity.status,
        "agreement": {"valid_from": str(activity.agreement.first), "valid_to": str(activity.agreement.last)}
        if activity.agreement
        else None,
        "verified_on": str(activity.verified_on),
        "contact_id": str(UUID(int=1)),
        "extensions": {},
    }
    return json.dumps(published, ensure_ascii=False, separators=(",", ":"))


def _session_document(session: Session) -> dict[str, object]:
    (start, end), day = session.time, session.time.start // DAY
    clocks = {"from": _clock(start), "to": _clock(end)}
    return {"day": DAYS[day], **clocks, "every_weeks": 1, "first_on": None, "last_on": None}


def _clock(minutes: int) -> str:
    return f"{minutes % DAY // HOUR:02}:{minutes % HOUR:02}"
