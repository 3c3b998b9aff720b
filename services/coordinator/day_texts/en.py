"""The day page in English. Never about a participant."""

from typing import Final

from services.coordinator.day_texts.texts import DayTexts

ENGLISH: Final[DayTexts] = {
    "title": "My day",
    "nothing": "Nothing just now.",
    "away": "The catalogue does not answer just now. Load the page again in a while.",
    "what": "What",
    "solve": "What to do",
    "new_email": "New e-mail address of {name}",
    "new_end": "New last day of {name}",
    "no_address": "You have no address for notices that nobody else can get.",
    "own_address": "The municipality's e-mail address",
    "save": "Save",
    "parts": {
        "unanswered": {"heading": "Unanswered", "since": "answer by {day}", "action": "Remind now"},
        "questions": {"heading": "Questions", "since": "asked {day}", "action": "Give more time"},
        "bounced": {"heading": "Bounced", "since": "{address} takes no mail", "action": "Save the address"},
        "unreachable": {"heading": "Cannot be reached", "since": "no e-mail address", "action": "Save the address"},
        "waiting": {"heading": "Waiting for a seat", "since": "{n} waiting", "action": "Open one more seat"},
        "agreements": {"heading": "Agreements that end soon", "since": "until {day}", "action": "Renew"},
        "verifications": {
            "heading": "Details that will soon be too old",
            "since": "valid until {day}",
            "action": "Still correct",
        },
    },
}
