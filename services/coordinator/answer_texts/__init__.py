"""What the answer page says, one file a language. Never about the participant."""

from typing import Final

from services.coordinator.answer_texts.en import ENGLISH
from services.coordinator.answer_texts.nb import NORWEGIAN
from services.coordinator.answer_texts.sv import SWEDISH
from services.coordinator.answer_texts.texts import Texts
from services.coordinator.words import Written

TEXTS: Final[dict[Written, Texts]] = {"sv": SWEDISH, "nb": NORWEGIAN, "en": ENGLISH}
