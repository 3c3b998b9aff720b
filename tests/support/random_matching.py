"""Catalogues and referrals at random, over few values that lie on the rules' borders, so that they meet."""

from random import Random

from tests.support.builders import Json, a_consent, a_referral, a_session, an_activity

DAYS = ["2024-09-12", "2024-09-13", "2024-12-12", "2025-03-11", "2025-03-12", "2025-03-13", "2025-12-31"]
ON = "2025-03-12"
CLOCKS = ["00:00", "09:00", "10:00", "11:00", "12:00", "23:59"]
MUNICIPALITIES = ["NO-5501", "NO-5503", "SE-0180"]
CATEGORIES = ["walking", "dance", "choir", "stress", "cafe"]
LANGUAGES = ["nb", "sv", "se"]
ACCESS = ["lift", "quiet", "seated"]
AMOUNTS = ["0", "0.00", "9", "10", "10.00", "10.01"]
LATITUDES = [-90, -89.96, 0, 69.65, 69.655, 69.74, 89.96, 90]
LONGITUDES = [-180, -179.95, 0, 18.96, 18.961, 179.95, 180]


def activities(random: Random, most: int) -> list[Json]:
    """Return up to so many activities."""
    return [activity(random, n) for n in random.sample(range(1, most + 1), random.randint(0, most))]


def activity(random: Random, n: int) -> Json:
    """Return an activity; about half fit somebody, so that late rules are reached too."""
    mode = random.choice(["place", "place", "place", "online", "home"])
    maximum = random.choice([None, 1, 2, 8])
    place = an_activity()["place"] | point(random)
    often = random.random() < 0.7
    return an_activity(
        n,
        mode=mode,
        place=place if mode == "place" else None,
        organiser={
            "organiser_id": "o-1",
            "name": "Laget",
            "kind": random.choice(["municipality", "voluntary", "health_centre"]),
        },
        municipality=MUNICIPALITIES[0] if often else random.choice(MUNICIPALITIES),
        open_to=some(random, MUNICIPALITIES),
        categories=some(random, CATEGORIES) or ["walking"],
        languages=some(random, LANGUAGES),
        access=ACCESS if often else some(random, ACCESS),
        sessions=sessions(random),
        ages=random.choice([None, {"min": random.choice([None, 66, 67]), "max": random.choice([None, 67, 68])}]),
        audience=random.choice(["everyone", "everyone", "women", "men"]),
        seats={"maximum": maximum, "taken": random.choice([0, 1, 7, 8, 9])},
        cost=random.choice([None, cost(random)]),
        peer_led=random.random() < 0.5,
        group_size=random.choice(["small", "large"]),
        status="published" if often else random.choice(["draft", "published", "paused", "ended"]),
        agreement=random.choice(
            [None, {"valid_from": "2025-01-01", "valid_to": "2025-12-31"}, period(random, "valid_from", "valid_to")]
        ),
        verified_on=ON if often else random.choice([None, *DAYS]),
    )


def referral(random: Random, n: int = 1) -> Json:
    """Return a referral; most are matched and ask for little."""
    demanding = random.random() < 0.3
    return a_referral(
        n,
        municipality=random.choice([MUNICIPALITIES[0], *MUNICIPALITIES]),
        area=point(random),
        participant={
            "pseudonym": "p-1",
            "age": random.choice([0, 65, 66, 67, 68, 69, 120]),
            "gender": random.choice(["woman", "man", "other", "undisclosed"]),
        },
        interests=some(random, CATEGORIES),
        languages=some(random, LANGUAGES),
        access_needs=some(random, ACCESS) if demanding else [],
        free_times=free_times(random) if demanding or random.random() < 0.4 else [],
        modes=some(random, ["place", "online", "home"]) if demanding else [],
        max_distance_km=random.choice([0.5, 9.9, 10, 10.5, 5000, 20000, 20016]),
        max_cost=cost(random) if demanding else None,
        preferences=random.choice(
            [
                {},
                {"peer_led": random.choice([None, True, False])},
                {
                    "peer_led": random.choice([None, True, False]),
                    "group_size": random.choice(["small", "large", "any"]),
                },
            ]
        ),
        consent=random.choice([a_consent()] * 8 + [None, a_consent(*period(random, "a", "b").values())]),
        study_arm=random.choice([None] * 8 + ["control", "intervention"]),
    )


def some(random: Random, codes: list[str]) -> list[str]:
    """Return none, some or all of the codes."""
    return random.sample(codes, random.randint(0, len(codes)))


def point(random: Random) -> Json:
    """Return a place on earth, mostly in Tromsø."""
    if random.random() < 0.7:
        return {"latitude": random.choice([69.65, 69.655, 69.74, 69.75]), "longitude": 18.96}
    return {"latitude": random.choice(LATITUDES), "longitude": random.choice(LONGITUDES)}


def cost(random: Random) -> Json:
    """Return a cost or a limit."""
    return {"amount": random.choice(AMOUNTS), "currency": random.choice(["NOK", "NOK", "SEK"])}


def period(random: Random, first: str, last: str) -> Json:
    """Return two days, in any order."""
    return {first: random.choice(DAYS), last: random.choice(DAYS)}


def sessions(random: Random) -> list[Json]:
    """Return up to three sessions, some of them over."""
    found = {}
    for _ in range(random.randint(0, 3)):
        start, end = hours(random)
        day, last_on = random.choice(["mon", "tue"]), random.choice([None, None, *DAYS])
        found[day, start] = a_session(day, start, end, last_on=last_on, every_weeks=random.choice([1, 2]))
    return list(found.values())


def free_times(random: Random) -> list[Json]:
    """Return up to three free times."""
    found = {}
    for _ in range(random.randint(0, 3)):
        start, end = hours(random)
        day = random.choice(["mon", "tue"])
        found[day, start] = {"day": day, "from": start, "to": end}
    return list(found.values())


def hours(random: Random) -> tuple[str, str]:
    """Return a start and a later end."""
    start, end = sorted(random.sample(CLOCKS, 2))
    return start, end
