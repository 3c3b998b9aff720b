"""What a sender adds for itself: an object that is kept and handed back, and never understood."""

import json
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, JsonValue
from pydantic_core import InitErrorDetails, ValidationError

from schemas.fields import broken
from schemas.personal_number import holds_personal_number

LARGEST_EXTENSIONS: Final = 4096
"""Bytes of UTF-8, written as compact JSON."""

SMALL: Final = "must be at most 4 kB as compact JSON"
PRIVATE: Final = "must not hold a personal number"
UNMISTAKABLE: Final = (11, 12)
"""How many digits a number has that is a personal number hardly ever by chance. Points in time have 10 or 13."""

Path = tuple[str | int, ...]


def _size(extensions: dict[str, JsonValue]) -> int:
    return len(json.dumps(extensions, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))


def _small(extensions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if _size(extensions) > LARGEST_EXTENSIONS:
        raise broken(SMALL)
    return extensions


def _named(value: JsonValue, path: Path) -> Iterator[tuple[Path, str]]:
    match value:
        case dict():
            for key, inner in value.items():
                yield (*path, key), key
                yield from _named(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from _named(inner, (*path, index))
        case str():
            yield path, value
        case bool() | None:
            return
        case int() if len(str(value)) in UNMISTAKABLE:
            yield path, str(value)


def _small_and_private(extensions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    wrong: list[tuple[Path, str]] = [((), SMALL)] if _size(extensions) > LARGEST_EXTENSIONS else []
    wrong += [(path, PRIVATE) for path, text in _named(extensions, ()) if holds_personal_number(text)]
    if wrong:
        details = [InitErrorDetails(type=broken(rule), loc=path, input=None) for path, rule in wrong]
        raise ValidationError.from_exception_data("extensions", details)
    return extensions


Extensions = Annotated[dict[str, JsonValue], AfterValidator(_small)]
"""An activity's, handed on untouched."""

PrivateExtensions = Annotated[dict[str, JsonValue], AfterValidator(_small_and_private)]
"""A request's, handed back to its own centre only; no key or text in it holds a personal number, no number is one."""
