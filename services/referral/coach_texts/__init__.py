"""What the coach's pages say, one file a language. Never about one participant."""

from typing import Final

from schemas.sentences import Language
from services.referral.coach_texts.en import ENGLISH
from services.referral.coach_texts.nb import NORWEGIAN
from services.referral.coach_texts.sv import SWEDISH
from services.referral.coach_texts.texts import CoachTexts

COACH_TEXTS: Final[dict[Language, CoachTexts]] = {"sv": SWEDISH, "nb": NORWEGIAN, "en": ENGLISH}
