"""How many wishes are read rightly, from `wishes.txt` into `docs/wishes.md`. Never a rule of reading."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from services.referral.domain.wishes import suggest

PAGE: Final = Path(__file__).parents[2] / "docs" / "wishes.md"
PHRASES: Final = Path(__file__).with_name("wishes.txt")
LANGUAGES: Final = {"sv": "Swedish", "nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
HEAD: Final = """\
# What is read from free-text wishes

Written by `make docs` from `tests/support/wishes.txt`.

A coach may write a wish as it was said. The referral service reads it for categories of activities and shows them
to the coach as suggestions, on the referral's page and as `suggested_interests` in the API. They are used for nothing
unless the coach says so, and neither the wish nor what was read from it leaves the service. How it is read, and with
which words: `services/referral/domain/wishes/`.

Right is a phrase of which exactly those categories are read that a human would suggest: none missing, none too many.
The phrases were written before words and rules, and those kept apart were not looked at while words and rules were
tuned. But the same people wrote all of them, and the words: expect less from real wishes, and add what is misread.
Of names that nobody here wrote, OpenActive's English list of activities, at least three in four are read as what they
are listed under (`tests/referral/test_wishes_of_others.py`).
"""


class Phrase(NamedTuple):
    """A wish as a coach writes it down, and the categories that a human would suggest."""

    is_apart: bool
    language: str
    text: str
    wanted: frozenset[str]

    @property
    def is_right(self) -> bool:
        """Whether exactly these are read from it."""
        return self.wanted == set(suggest(self.text))


def phrases() -> list[Phrase]:
    """Return all phrases, in their order."""
    seen, apart = PHRASES.read_text("utf-8").partition("## apart")[::2]
    return [*_phrases(seen, is_apart=False), *_phrases(apart, is_apart=True)]


def _phrases(lines: str, *, is_apart: bool) -> Iterable[Phrase]:
    for line in lines.splitlines():
        if line.count("|") == 2 and not line.startswith("#"):
            language, text, codes = map(str.strip, line.split("|"))
            yield Phrase(is_apart, language, text, frozenset(codes.split()))


def figures(of: Iterable[Phrase]) -> str:
    """Return how many of the phrases are right: `63 of 70`."""
    right = [phrase.is_right for phrase in of]
    return f"{sum(right)} of {len(right)}"


def page() -> str:
    """Return the page."""
    known = phrases()
    lines = [HEAD, "| language | tuned with | kept apart |", "|---|---|---|"]
    for code, name in LANGUAGES.items():
        lines.append(_row(name, [phrase for phrase in known if phrase.language == code]))
    lines += [_row("**all**", known), "", "Misread:", "", "| phrase | a human suggests | read |", "|---|---|---|"]
    lines += [
        f"| {phrase.text} | {_codes(phrase.wanted)} | {_codes(suggest(phrase.text))} |"
        for phrase in known
        if not phrase.is_right
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, of: list[Phrase]) -> str:
    tuned, apart = ([phrase for phrase in of if phrase.is_apart == is_apart] for is_apart in (False, True))
    return f"| {name} | {figures(tuned)} | {figures(apart)} |"


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes)) or "nothing"
