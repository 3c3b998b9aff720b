"""How an invitation changed hands, in Swedish, Norwegian and English: who did what when. Never a name."""

from datetime import datetime
from typing import Final, TypedDict

from services.coordinator.domain.handover import Cause, Handover
from services.coordinator.domain.working_days import zone_of
from services.coordinator.words import Written
from services.dates import day_in


class HandoverTexts(TypedDict):
    """The sentences of one language; `{giver}` and the like are filled in."""

    holder: str
    deputy: str
    done: dict[Cause, str]
    away: str


HANDOVER: Final[dict[Written, HandoverTexts]] = {
    "sv": {
        "holder": "innehavaren",
        "deputy": "ersättare {n}",
        "done": {
            "by_hand": "{giver} lämnade över till {taker}.",
            "function_changed": "Kontaktfunktionen ändrades. Den som svarar nu fick en egen länk.",
            "bounced": "Adressen tog inte emot. Den som står på tur fick en egen länk.",
        },
        "away": "{giver} är borta till och med {day}.",
    },
    "nb": {
        "holder": "innehaveren",
        "deputy": "vara {n}",
        "done": {
            "by_hand": "{giver} overlot det til {taker}.",
            "function_changed": "Kontaktfunksjonen ble endret. Den som svarer nå, fikk sin egen lenke.",
            "bounced": "Adressen tok ikke imot. Den som står for tur, fikk sin egen lenke.",
        },
        "away": "{giver} er borte til og med {day}.",
    },
    "en": {
        "holder": "the holder",
        "deputy": "deputy {n}",
        "done": {
            "by_hand": "{giver} handed over to {taker}.",
            "function_changed": "The contact function changed. Whoever answers now got a link of their own.",
            "bounced": "The address took no mail. Whoever is next got a link of their own.",
        },
        "away": "{giver} is away until {day}.",
    },
}


def who_in(language: Written, place: int) -> str:
    """Return who has a place in a contact function."""
    texts = HANDOVER[language]
    return texts["deputy"].format(n=place) if place else texts["holder"]


def handover_in(language: Written, handover: Handover, municipality: str) -> str:
    """Return what was done, by whom and when, by the clock of the municipality."""
    texts = HANDOVER[language]
    who = {"giver": who_in(language, handover.giver), "taker": who_in(language, handover.taker or 0)}
    said = [_sentence(texts["done"][handover.cause].format(**who))]
    if handover.until is not None:
        said.append(_sentence(texts["away"].format(**who, day=day_in(language, handover.until))))
    return f"{_moment(language, handover.at.astimezone(zone_of(municipality)))}: {' '.join(said)}"


def _sentence(said: str) -> str:
    return said[0].upper() + said[1:]


def _moment(language: Written, at: datetime) -> str:
    return _sentence(f"{day_in(language, at.date())}, {at:%H:%M}")
