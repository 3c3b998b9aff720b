"""The day page in Swedish. Never about a participant."""

from typing import Final

from services.coordinator.day_texts.texts import DayTexts

SWEDISH: Final[DayTexts] = {
    "title": "Min dag",
    "nothing": "Inget just nu.",
    "away": "Katalogen svarar inte just nu. Ladda om sidan om en stund.",
    "what": "Vad",
    "solve": "Gör så här",
    "new_email": "Ny e-postadress för {name}",
    "new_end": "Ny sista dag för {name}",
    "no_address": "Ni har ingen adress för aviseringar som ingen annan kan få.",
    "own_address": "Kommunens e-postadress",
    "save": "Spara",
    "parts": {
        "unanswered": {"heading": "Obesvarade", "since": "svar senast {day}", "action": "Påminn nu"},
        "questions": {"heading": "Frågor", "since": "frågade {day}", "action": "Ge mer tid"},
        "bounced": {"heading": "Studsade", "since": "{address} tar inte emot", "action": "Spara adressen"},
        "unreachable": {"heading": "Kan inte nås", "since": "ingen e-postadress", "action": "Spara adressen"},
        "waiting": {"heading": "Väntar på plats", "since": "{n} väntar", "action": "Öppna en plats till"},
        "agreements": {"heading": "Avtal som snart går ut", "since": "till och med {day}", "action": "Förläng"},
        "verifications": {
            "heading": "Uppgifter som snart är för gamla",
            "since": "gäller till och med {day}",
            "action": "Stämmer fortfarande",
        },
    },
}
