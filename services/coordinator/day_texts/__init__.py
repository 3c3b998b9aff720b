"""What the coordinator's day page says, one file a language. Never about a participant."""

from typing import Final

from services.coordinator.day_texts.en import ENGLISH
from services.coordinator.day_texts.nb import NORWEGIAN
from services.coordinator.day_texts.sv import SWEDISH
from services.coordinator.day_texts.texts import DayTexts
from services.coordinator.words import Written

DAY_TEXTS: Final[dict[Written, DayTexts]] = {"sv": SWEDISH, "nb": NORWEGIAN, "en": ENGLISH}
