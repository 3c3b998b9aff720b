"""The words of text tables and of pages, so that they can be compared. Never what they should be."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, Final

SPOKEN: Final = ("aria-label", "data-label", "placeholder", "title", "alt")
"""Attributes that are read to somebody."""
VOID: Final = ("meta", "link", "input", "br", "img")


def leaves(table: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Return every text of a table with where it stands in it."""
    if isinstance(table, str):
        yield path, table
    elif isinstance(table, Mapping):
        for key, inner in table.items():
            yield from leaves(inner, f"{path}/{key}")
    elif isinstance(table, Sequence):
        for place, inner in enumerate(table):
            yield from leaves(inner, f"{path}/{place}")


def placeholders(text: str) -> list[str]:
    """Return what a text leaves open, in order."""
    return sorted(re.findall(r"{(\w*)[^}]*}", text))


def pieces(text: str) -> list[str]:
    """Return what a text says for certain: what stands between its open places, where that has a word."""
    return [piece.strip(" .,:;()") for piece in re.split(r"{[^}]*}", text) if re.search(r"\w{3}", piece)]


def says(text: str, piece: str) -> bool:
    """Tell whether the piece is in the text, as whole words."""
    return re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", text) is not None


class _Reader(HTMLParser):
    """Reads a page aloud, but for what it marks as another language."""

    def __init__(self) -> None:
        super().__init__()
        self.language = ""
        self.said: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known: dict[str, Any] = dict(attrs)
        self.language = self.language or known.get("lang", "")
        is_foreign = any(self._open[-1:]) or known.get("lang", self.language) != self.language
        if not is_foreign:
            self.said += [known[name] for name in SPOKEN if known.get(name)]
        if tag not in VOID:
            self._open.append(is_foreign)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(self._open[-1:]):
            self.said.append(" ".join(data.split()))


def read_aloud(html: str) -> tuple[str, list[str]]:
    """Return the page's language, and all that is said in it."""
    reader = _Reader()
    reader.feed(html)
    return reader.language, reader.said
