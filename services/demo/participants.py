"""The fictional participants of the demo: names nobody bears, wishes, contact data. Never a real person's."""

import random
from dataclasses import dataclass
from itertools import product

from services.demo.draws import chance

_HEADS = (
    *("Torv", "Gyld", "Kvist", "Bjark", "Skjel", "Frost", "Hvite", "Lynge", "Myrk", "Solv"),
    *("Rogn", "Strime", "Vinde", "Breme", "Dreve", "Eike", "Falke", "Glim", "Hegge", "Ise"),
)
_TAILS = (
    *("varda", "runna", "gisla", "mundis", "leikny", "brandur"),
    *("throdd", "geirun", "hallvi", "sunnarn", "fridur", "ottvar"),
)
GIVEN_NAMES = tuple(head + tail for head, tail in product(_HEADS, _TAILS))
"""Invented, so that whoever finds one in a log, a topic or a mail has found a leak."""

_LETTERS = "bcdfghjkmnpqrstvwxz"
_WISHES_NB = (
    "Vil helst ut og gå, men ikke i bratte bakker. Kommer gjerne sammen med {}.",
    "Har sunget i kor før og vil begynne igjen, slik {} gjorde.",
    "Trenger litt tid på nye steder. {} kan bli med første gang.",
    "Liker å lage mat, men det er stusselig for en. {} tipset om lunsj på møteplassen.",
    "Vil bruke hendene til noe. {} og jeg snekret båt i ungdommen.",
    "Er glad i hunder og savner {}, som døde i vinter.",
    "Ynskjer noko roleg på dagtid, helst same stad som {}.",
    "Vil prøve noe nytt, bare ikke sammen med {}, som jeg arbeidet med.",
    "Sover dårlig og vil snakke med andre som gjør det. {} vet om det.",
    "Håper på noen å spille kort med nå som {} har flyttet.",
)
_WISHES_SV = (
    "Vill gärna träffa folk, men helst en liten grupp. {} kan följa med.",
    "Tycker om att dansa, det gjorde jag ofta med {}.",
    "Vill komma ut på dagarna. {} har bil och kan skjutsa.",
)


@dataclass(frozen=True)
class Participant:
    """Whom a fictional referral is about; `friend` is named in the wish, which may be empty."""

    pseudonym: str
    first_name: str
    phone: str
    email: str
    wish: str
    friend: str

    def contact(self) -> dict[str, str]:
        """Return the contact object of a request, which may travel over HTTP only."""
        return {"first_name": self.first_name, "phone": self.phone, "email": self.email}


def participant(rng: random.Random, number: int, *, swedish: bool) -> Participant:
    """Make participant number 0, 1, ...: first names repeat after 240, phones after a million."""
    first_name = GIVEN_NAMES[number * 77 % len(GIVEN_NAMES)]
    friend = GIVEN_NAMES[(number * 77 + 118) % len(GIVEN_NAMES)]
    letters = "".join(rng.choices(_LETTERS, k=10))
    wish = rng.choice(_WISHES_SV if swedish else _WISHES_NB) if chance(rng, 80) else ""
    return Participant(
        pseudonym=f"d-{letters}",
        first_name=first_name,
        phone=f"+4742{number * 7919 % 1_000_000:06}",
        email=f"{first_name.lower()}.{letters}@deltaker.example",
        wish=wish.format(friend),
        friend=friend,
    )
