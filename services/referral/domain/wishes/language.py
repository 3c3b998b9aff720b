"""What a language knows of wishes: how activities are named, and the words that turn a meaning. Never a rule.

Names are written as stems: `promener-` may go on, `-dans` may begin otherwise, `tai_chi` is words in a row.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from schemas.vocabulary import Category

LETTERS = r"[\w']*"


@dataclass(frozen=True)
class Language:
    """How activities are named, what shows that a text is in this language, and what turns the meaning."""

    names: Mapping[Category, re.Pattern[str]]
    markers: re.Pattern[str]
    negations: re.Pattern[str]
    harmless: re.Pattern[str]
    """What sounds like a negation and is none."""
    turns: re.Pattern[str]
    """Where something else begins to be said: `but`, `and would like`."""
    wants: re.Pattern[str]

    @classmethod
    def of(
        cls,
        *,
        names: dict[Category, str],
        markers: str,
        negations: str,
        harmless: str,
        but: str,
        wants: str,
        joins: str,
    ) -> Self:
        """Return the language of these stems, separated by blanks."""
        return cls(
            names={category: _words(stems) for category, stems in names.items()},
            markers=_words(f"{markers} {negations} {wants} {joins}"),
            negations=_words(negations),
            harmless=_words(harmless),
            turns=re.compile(rf"{_words(but).pattern}|{_words(joins).pattern}\s+(?={_words(wants).pattern})"),
            wants=_words(wants),
        )


def _words(stems: str) -> re.Pattern[str]:
    """Return what finds any of the stems; the longest first, so that `tur` does not hide `turgruppe`."""
    longest_first = sorted(stems.split(), key=len, reverse=True)
    found = "|".join(re.escape(stem).replace("_", " ").replace(r"\-", LETTERS) for stem in longest_first)
    return re.compile(rf"(?<!\w)(?:{found})(?!\w)")
