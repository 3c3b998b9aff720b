"""Which of our languages a reader prefers. Never a translation."""

from typing import Final

from schemas.sentences import Language

OURS: Final[dict[str, Language]] = {"sv": "sv", "nb": "nb", "no": "nb", "nn": "nb", "en": "en"}


def preferred(accept_language: str, otherwise: Language = "en") -> Language:
    """Return the language of ours that `Accept-Language` likes best."""
    best: tuple[float, Language] = (0.0, otherwise)
    for wish in accept_language.lower().split(","):
        tag, _, weight = wish.partition(";")
        language = OURS.get(tag.strip().partition("-")[0])
        liking = _weight(weight)
        if language and liking > best[0]:
            best = liking, language
    return best[1]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
