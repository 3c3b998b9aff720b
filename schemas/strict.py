"""Strict reading of what others send. Never a value of theirs in an error, only the path and the rule.

`Invalid` is the one error: every broken rule at once.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from schemas.personal_number import holds_personal_number

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]

DOCUMENT: Final = "$"
"""The path of what is wrong with the whole."""

MOST_ERRORS: Final = 100
MOST_CODES: Final = 12
"""A longer list of codes is not told in full with every error."""

LONGEST_KEY: Final = 40
LONGEST_PATH: Final = 200


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: its path as `sessions[0].from`, and the rule in plain words."""

    path: str
    rule: str


class Invalid(Exception):  # noqa: N818 - what a request is, in the words of those who read it
    """A request, a line or an event broke rules; holds no value of it."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors: tuple[FieldError, ...] = tuple(errors)
        super().__init__("; ".join(f"{error.path}: {error.rule}" for error in self.errors))


def parse(model: type[M], raw: bytes | str, context: object = None) -> M:
    """Read strict JSON (UTF-8): no unknown fields, duplicate keys, conversions, NaN or NUL; else Invalid.

    The context reaches the model's own checks, such as `schemas.referral.Sender`.
    """
    text = _decoded(raw)
    errors = _errors_of_form(text)
    try:
        read = model.model_validate_json(text, extra="forbid", by_alias=True, by_name=False, context=context)
    except ValidationError as error:
        known = {found.path for found in errors} | ({DOCUMENT} if errors else set())
        errors += [found for found in _field_errors(error) if found.path not in known]
    if errors:
        raise Invalid(_at_most(errors))
    return read


def parse_object(model: type[M], value: Mapping[str, object], context: object = None) -> M:
    """Read what a form or a program composed of JSON's types, under the same rules as `parse`."""
    return parse(model, json.dumps(value), context)


def invalid(error: ValidationError) -> Invalid:
    """Return the same errors without the values that pydantic keeps in its own."""
    return Invalid(_at_most(list(_field_errors(error))))


def _at_most(errors: list[FieldError]) -> list[FieldError]:
    more = len(errors) - MOST_ERRORS
    return errors if more <= 0 else [*errors[:MOST_ERRORS], FieldError(DOCUMENT, f"has {more} more errors")]


def _path(location: Location) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{_shown(step)}" for step in location)
    return path.lstrip(".")[:LONGEST_PATH] or DOCUMENT


def _shown(key: str) -> str:
    """Return a key as a path may show it: an unknown one is the sender's text and may hold anything."""
    named = len(key) <= LONGEST_KEY and key.lstrip("$@").replace("-", "_").isidentifier()
    return key if named and not holds_personal_number(key) else "?"


_RULES: Final = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "string_type": "must be a text",
    "uuid_type": "must be a UUID, as a text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "dataclass_type": "must be an object",
    "tuple_type": "must be a list",
    "literal_error": "must be one of {expected}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
    "greater_than": "must be more than {gt:.15g}",
    "greater_than_equal": "must be at least {ge:.15g}",
    "less_than_equal": "must be at most {le:.15g}",
    "date_type": "must be a day of the calendar, as YYYY-MM-DD",
    "date_parsing": "must be a day of the calendar, as YYYY-MM-DD",
    "date_from_datetime_parsing": "must be a day of the calendar, as YYYY-MM-DD",
    "datetime_type": "must be a time with offset, as in RFC 3339",
    "datetime_parsing": "must be a time with offset, as in RFC 3339",
    "datetime_from_date_parsing": "must be a time with offset, as in RFC 3339",
    "timezone_aware": "must be a time with offset, as in RFC 3339",
    "json_invalid": "is not JSON, or is nested too deeply",
    "rule": "{rule}",
}


def _field_errors(error: ValidationError) -> Iterator[FieldError]:
    for found in error.errors(include_url=False, include_input=False):
        rule = _RULES.get(found["type"], "is not valid")  # never pydantic's own words: some hold the value
        context = found.get("ctx", {})
        if context.get("expected", "").count(",") > MOST_CODES:
            rule = "must be a code of its list"
        yield FieldError(_path(found["loc"]), rule.format_map(context))


def _decoded(raw: bytes | str) -> str:
    try:
        return raw.decode() if isinstance(raw, bytes) else raw.encode().decode()
    except UnicodeError:
        pass  # the error holds the value: it must not become the context of ours
    raise Invalid([FieldError(DOCUMENT, "is not UTF-8")])


class _Odd(Exception):  # noqa: N818 - not an error yet: where it is remains to be found
    """Something that pydantic would let pass."""


class _Members(list[tuple[str, Any]]):
    """The members of an object in their order, repeated keys among them."""


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(members)
    if len(unique) != len(members):
        raise _Odd
    return unique


def _finite(number: str) -> float:
    value = float(number)
    if not isfinite(value):
        raise _Odd
    return value


def _odd(_: str) -> NoReturn:
    raise _Odd


_ODD_CHARACTER: Final = re.compile(r"\\u(0000|d[89ab])", re.IGNORECASE)
_QUICK: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_odd)
_THOROUGH: Final = json.JSONDecoder(object_pairs_hook=_Members)


def _errors_of_form(text: str) -> list[FieldError]:
    """Return what is wrong with the JSON itself; Invalid when nothing of it can be read.

    Nearly all is found right in one quick pass; the thorough one finds where it is not.
    """
    try:
        _QUICK.decode(text)
        if _ODD_CHARACTER.search(text) is None:
            return []
    except _Odd:
        pass
    except (ValueError, RecursionError):
        pass  # told apart below, outside of this block: a JSONDecodeError holds the text
    return _thorough(text)


def _thorough(text: str) -> list[FieldError]:
    try:
        return list(_oddities(_THOROUGH.decode(text), ()))
    except json.JSONDecodeError as error:
        rule = f"is not JSON (line {error.lineno}, column {error.colno})"
    except RecursionError:
        rule = "is nested too deeply"
    except ValueError:
        rule = "holds a number of too many digits"
    raise Invalid([FieldError(DOCUMENT, rule)])


def _oddities(value: object, location: Location) -> Iterator[FieldError]:
    match value:
        case _Members():
            seen = set[str]()
            for key, inner in value:
                within = (*location, key)
                if key in seen:
                    yield FieldError(_path(within), "is given more than once")
                seen.add(key)
                yield from _odd_text(key, within)
                yield from _oddities(inner, within)
        case list():
            for index, inner in enumerate(value):
                yield from _oddities(inner, (*location, index))
        case str():
            yield from _odd_text(value, location)
        case float() if not isfinite(value):
            yield FieldError(_path(location), "must be a finite number")


def _odd_text(text: str, location: Location) -> Iterator[FieldError]:
    if "\0" in text:
        yield FieldError(_path(location), "must not hold the character NUL")
    if any("\ud800" <= character <= "\udfff" for character in text):
        yield FieldError(_path(location), "must not hold half a surrogate pair")
