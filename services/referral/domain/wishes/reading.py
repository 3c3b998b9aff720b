"""Which categories of activities a free text wishes for: suggestions, of which a coach makes what they will.

A text is read in the language whose words it has most of. It is taken apart into clauses; within one, what
stands behind a negation is not wished for, nor what stands before one that has nothing behind it ("dancing is
not for me"). After a comma a negation goes on until something is wanted.
"""

import re
from collections.abc import Iterator
from typing import Final

from schemas.vocabulary import Category
from services.referral.domain.wishes.english import ENGLISH
from services.referral.domain.wishes.language import Language
from services.referral.domain.wishes.norwegian import NORWEGIAN
from services.referral.domain.wishes.swedish import SWEDISH

LANGUAGES: Final = (SWEDISH, NORWEGIAN, ENGLISH)
TYPED_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
STOPS: Final = re.compile(r"[.!?;:()\n]|,|/")


def suggest(wishes: str) -> tuple[Category, ...]:
    """Return the categories that the text seems to wish for, as it names them."""
    text = re.sub(r"[-\s]+", " ", wishes.lower().replace(TYPED_APOSTROPHE, "'"))
    scores = [(_words_of(text, language), language) for language in LANGUAGES]
    most = max(score for score, _ in scores)
    found = [each for score, language in scores if score == most for each in _wished_for(text, language)]
    return tuple(dict.fromkeys(found))


def _words_of(text: str, language: Language) -> int:
    """Count what shows that the text is in the language."""
    named = sum(len(name.findall(text)) for name in language.names.values())
    return named + len(language.markers.findall(text))


def _wished_for(text: str, language: Language) -> Iterator[Category]:
    negated = said_no = False
    for opening, clause in _clauses(language.harmless.sub(" ", text), language):
        named = sorted(
            (each.start(), category) for category, name in language.names.items() for each in name.finditer(clause)
        )
        no = _negation(clause, opening, language, said_no=said_no)
        said_no = no is not None
        if no is None:
            negated = negated and opening == "," and not language.wants.search(clause)
            yield from (category for _, category in named if not negated)
        else:
            negated = any(start > no for start, _ in named)
            yield from (category for start, category in named if negated and start < no)


def _negation(clause: str, opening: str, language: Language, *, said_no: bool) -> int | None:
    """Return where the clause says no, None if nowhere; -1 for "without", unless it turns what was said no to."""
    if language.negations.fullmatch(opening) and not said_no:
        return -1
    found = language.negations.search(clause)
    return found.start() if found else None


def _clauses(text: str, language: Language) -> Iterator[tuple[str, str]]:
    """Yield the clauses of a text, each with what it opens with: a stop, a turn or nothing."""
    opening, start = "", 0
    for end in sorted([*STOPS.finditer(text), *language.turns.finditer(text)], key=lambda each: each.start()):
        yield opening, text[start : end.start()]
        opening, start = end.group().strip(), end.end()
    yield opening, text[start:]
