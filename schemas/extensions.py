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

Path = tuple[str | int, ...]


def _small(extensions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    compact = json.dumps(extensions, ensure_ascii=False, separators=(",", ":"))
    if len(compact.encode(errors="replace")) > LARGEST_EXTENSIONS:
        raise broken("must be at most 4 kB as compact JSON")
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
        case int() | float():
            yield path, str(value)


def _without_personal_numbers(extensions: dict[str, JsonValue]) -> dict[str, JsonValue]:
    found = [path for path, text in _named(extensions, ()) if holds_personal_number(text)]
    if found:
        error = broken("must not hold a personal number")
        details = [InitErrorDetails(type=error, loc=path, input=None) for path in found]
        raise ValidationError.from_exception_data("extensions", details)
    return extensions


Extensions = Annotated[dict[str, JsonValue], AfterValidator(_small)]
"""An activity's, handed on untouched."""

PrivateExtensions = Annotated[Extensions, AfterValidator(_without_personal_numbers)]
"""A request's, handed back to its own centre only; no key, text or number in it is a personal number."""
