"""A fictional catalogue: contact functions and activities of contracts.md. Never a person's name."""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Any

from services.demo.draws import chance, one_of
from services.demo.flaws import FLAWS
from services.demo.municipalities import MUNICIPALITIES, Municipality
from services.demo.offers import CLUBS, OFFERS, Offer

FEWEST_ACTIVITIES = 8
"""What every municipality has, before its size counts."""
LARGE = 20
"""From this many activities on, a municipality's organisers have a contact function per district."""
SMALL_GROUP = 12

_DISTRICTS = ("sentrum", "nord", "sør", "øst")
_HOUSES = (
    "Fjordgløtt",
    "Nordstua",
    "Kaihuset",
    "Solhaug grendehus",
    "Gammelskolen",
    "Varden aktivitetshus",
    "Vuonaviessu",
    "Márkanviessu",
    "Naustet",
    "Lysstua",
)
_STREETS = ("Kaiveien", "Fjordgata", "Skoleveien", "Storgata", "Geaidnu")
_WEEK = {"mon": 20, "tue": 20, "wed": 20, "thu": 18, "fri": 12, "sat": 6, "sun": 4}
_HOURS = (9, 10, 10, 11, 11, 12, 13, 14, 17, 18, 18, 19)
_LANGUAGES = {
    "nb": 46,
    "": 14,
    "nb nn": 10,
    "nb en": 12,
    "nb se": 6,
    "nb sv": 4,
    "nb uk": 3,
    "nb ar": 3,
    "se": 2,
}
_CAFE_LANGUAGES = ("nb en uk", "nb ar en", "nb uk", "nb so ti", "nb fi en")
_CONTACT_LANGUAGES = {"nb": 74, "nn": 12, "se": 8, "en": 4, "sv": 2}
_REACHED_BY = {"email phone": 70, "email": 27, "phone": 3}
_AGES = (None, None, None, (60, None), (55, 80), (18, None), (None, 75))
_ACCESS_PERCENT = {
    "step_free": 80,
    "wheelchair": 65,
    "lift": 35,
    "accessible_toilet": 65,
    "hearing_loop": 35,
    "sign_language": 6,
    "guide_dog": 45,
    "seated": 50,
    "quiet": 35,
    "parking": 70,
    "public_transport": 60,
    "companion": 60,
}
_ACCESS_BY_ITSELF = {
    "place": set[str](),
    "online": {"step_free", "wheelchair", "accessible_toilet", "seated", "quiet"},
    "home": {"step_free", "wheelchair", "accessible_toilet", "seated", "quiet", "guide_dog"},
}


@dataclass(frozen=True)
class Catalogue:
    """The lines of a contacts file and of an activities file, as JSON-able dicts."""

    contacts: list[dict[str, Any]]
    activities: list[dict[str, Any]]


def catalogue(
    seed: int, on: date, municipalities: Sequence[Municipality] = MUNICIPALITIES, count: int = 450
) -> Catalogue:
    """Return about `count` activities, more where more people live; another `on` moves the dates only."""
    maker = _Maker(random.Random(seed), on, municipalities)  # noqa: S311 - repeatable, not secret
    offers = maker.offers()
    inhabitants = sum(municipality.inhabitants for municipality in municipalities)
    rest = count - FEWEST_ACTIVITIES * len(municipalities)
    activities = []
    for municipality in municipalities:
        share = FEWEST_ACTIVITIES + round(rest * municipality.inhabitants / inhabitants)
        districts = _DISTRICTS if share >= LARGE else ("",)
        activities += [maker.activity(municipality, offer, districts) for offer in islice(offers, share)]
    return Catalogue(list(maker.contacts.values()), activities)


def slug(text: str) -> str:
    """Return the text as it may stand in an e-mail address: `Målselv nord` becomes `malselv-nord`."""
    return text.lower().translate(str.maketrans("åøæ ", "aoe-"))


@dataclass
class _Maker:
    """Makes one activity after the other and remembers the organisers, places and contact functions so far."""

    rng: random.Random
    on: date
    municipalities: Sequence[Municipality]
    contacts: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    organisers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    places: dict[str, dict[str, Any]] = field(default_factory=dict)

    def offers(self) -> Iterator[Offer]:
        """Yield all offers in a new order again and again, so that each comes about equally often."""
        while True:
            yield from self.rng.sample(OFFERS, len(OFFERS))

    def activity(self, municipality: Municipality, offer: Offer, districts: Sequence[str]) -> dict[str, Any]:
        """Make an activity of this offer, with at most one flaw."""
        place = self._place(municipality) if offer.mode == "place" else None
        contact = self._contact(municipality, offer, self.rng.choice(districts))
        activity = {
            "activity_id": self._id(),
            "name": f"{offer.name}, {place['name'] if place else municipality.name}",
            "description": offer.description,
            "organiser": self._organiser(municipality, offer),
            "municipality": municipality.code,
            "open_to": self._open_to(municipality, offer),
            "place": place,
            "mode": offer.mode,
            "categories": offer.categories.split(),
            "languages": self._languages(offer),
            "access": self._access(offer),
            "sessions": self._sessions(offer),
            "ages": self._ages(),
            "audience": offer.audience,
            "seats": self._seats(offer),
            "cost": {"amount": f"{offer.cost}.00", "currency": "NOK"} if offer.cost else None,
            "peer_led": offer.peer_led,
            "group_size": "small" if 0 < offer.seats <= SMALL_GROUP else "large",
            "status": "published",
            "agreement": self._agreement(offer),
            "verified_on": self._day(-170, 0),
            "contact_id": contact["contact_id"],
        }
        flaw = one_of(self.rng, FLAWS)
        flaw(self.rng, self.on, activity)
        return activity

    def _id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def _day(self, first: int, last: int) -> str:
        return (self.on + timedelta(days=self.rng.randint(first, last))).isoformat()

    def _place(self, municipality: Municipality) -> dict[str, Any]:
        name = f"{self.rng.choice(_HOUSES)} i {municipality.name}"
        if name not in self.places:
            self.places[name] = {
                "place_id": self._id(),
                "name": name,
                "latitude": round(municipality.latitude + self.rng.gauss(0, 0.03), 5),
                "longitude": round(municipality.longitude + self.rng.gauss(0, 0.06), 5),
                "address": f"{self.rng.choice(_STREETS)} {self.rng.randint(1, 60)}, {municipality.town}",
            }
        return self.places[name]

    def _organiser(self, municipality: Municipality, offer: Offer) -> dict[str, Any]:
        key = (municipality.code, offer.club)
        if key not in self.organisers:
            club = CLUBS[offer.club]
            name = club.organiser.format(municipality.name)
            self.organisers[key] = {"organiser_id": self._id(), "name": name, "kind": club.kind}
        return self.organisers[key]

    def _contact(self, municipality: Municipality, offer: Offer, district: str) -> dict[str, Any]:
        key = (municipality.code, offer.club, district)
        if key not in self.contacts:
            function, where = CLUBS[offer.club].function, f"{municipality.name} {district}".strip()
            reached_by = one_of(self.rng, _REACHED_BY)
            self.contacts[key] = {
                "contact_id": self._id(),
                "municipality": municipality.code,
                "name": f"{function} {where}",
                "email": f"{slug(function)}.{slug(where)}@mote.example" if "email" in reached_by else None,
                "phone": f"+4749{len(self.contacts):06}" if "phone" in reached_by else None,
                "language": one_of(self.rng, _CONTACT_LANGUAGES),
            }
        return self.contacts[key]

    def _open_to(self, municipality: Municipality, offer: Offer) -> list[str]:
        if offer.mode == "online" and chance(self.rng, 50):
            return [other.code for other in self.municipalities if other is not municipality]
        if offer.mode == "online" or chance(self.rng, 15):
            return self.rng.sample(municipality.neighbours, 2)
        return []

    def _languages(self, offer: Offer) -> list[str]:
        if offer.club == "siida":
            return ["se", "nb"]
        if offer.name == "Språkkafé":
            return self.rng.choice(_CAFE_LANGUAGES).split()
        return one_of(self.rng, _LANGUAGES).split()

    def _access(self, offer: Offer) -> list[str]:
        given = _ACCESS_BY_ITSELF[offer.mode] | ({"seated"} if "chair_exercise" in offer.categories else set())
        return [code for code, percent in _ACCESS_PERCENT.items() if code in given or chance(self.rng, percent)]

    def _sessions(self, offer: Offer) -> list[dict[str, Any]]:
        if chance(self.rng, 60 if offer.mode == "home" else 8):
            return []
        days = {one_of(self.rng, _WEEK) for _ in range(self.rng.choice((1, 1, 1, 2, 3)))}
        hour, minutes = self.rng.choice(_HOURS), self.rng.choice(("00", "00", "30"))
        every_weeks = self.rng.choice((1, 1, 1, 1, 2))
        first_on = self._day(-400, 14) if every_weeks > 1 or chance(self.rng, 30) else None
        last_on = self._day(20, 250) if chance(self.rng, 30) else None
        return [
            {
                "day": day,
                "from": f"{hour:02}:{minutes}",
                "to": f"{hour + self.rng.choice((1, 2)):02}:{minutes}",
                "every_weeks": every_weeks,
                "first_on": first_on,
                "last_on": last_on,
            }
            for day in _WEEK
            if day in days
        ]

    def _ages(self) -> dict[str, Any] | None:
        bounds = self.rng.choice(_AGES)
        return bounds and {"min": bounds[0], "max": bounds[1]}

    def _seats(self, offer: Offer) -> dict[str, Any]:
        if not offer.seats:
            return {"maximum": None, "taken": self.rng.randint(0, 30)}
        return {"maximum": offer.seats, "taken": self.rng.randrange(offer.seats)}

    def _agreement(self, offer: Offer) -> dict[str, Any] | None:
        if CLUBS[offer.club].kind != "voluntary":
            return None
        return {"valid_from": self._day(-700, -30), "valid_to": self._day(5, 700)}
