"""The day page in Norwegian (Bokmål). Never about a participant."""

from typing import Final

from services.coordinator.day_texts.texts import DayTexts

NORWEGIAN: Final[DayTexts] = {
    "title": "Min dag",
    "nothing": "Ikke noe akkurat nå.",
    "away": "Katalogen svarer ikke akkurat nå. Last siden på nytt om en stund.",
    "what": "Hva",
    "solve": "Gjør slik",
    "new_email": "Ny e-postadresse for {name}",
    "new_end": "Ny siste dag for {name}",
    "no_address": "Dere har ingen adresse for varsler som ingen andre kan få.",
    "own_address": "Kommunens e-postadresse",
    "save": "Lagre",
    "parts": {
        "unanswered": {"heading": "Ubesvarte", "since": "svar senest {day}", "action": "Minn på nå"},
        "questions": {"heading": "Spørsmål", "since": "spurte {day}", "action": "Gi mer tid"},
        "bounced": {"heading": "Kom i retur", "since": "{address} tar ikke imot", "action": "Lagre adressen"},
        "unreachable": {"heading": "Kan ikke nås", "since": "ingen e-postadresse", "action": "Lagre adressen"},
        "waiting": {"heading": "Venter på plass", "since": "{n} venter", "action": "Åpne en plass til"},
        "agreements": {"heading": "Avtaler som snart går ut", "since": "til og med {day}", "action": "Forleng"},
        "verifications": {
            "heading": "Opplysninger som snart er for gamle",
            "since": "gjelder til og med {day}",
            "action": "Stemmer fortsatt",
        },
    },
}
