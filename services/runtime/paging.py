"""Long lists, a page at a time: the cursor names the last row that was seen, so that rows added later do no harm."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json

from schemas.fields import LARGEST_COUNT
from schemas.strict import FieldError, Invalid

LONGEST_PAGE: Final = 200
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE)]
"""How many items a page holds: `limit: Limit = 50`."""
Cursor = Annotated[str | None, Query(max_length=5_000)]
"""Where the page begins: `cursor: Cursor = None`. Has room for 500 characters that JSON writes with six, and an id."""


class Page(BaseModel, Generic[T]):
    """Some items of a list, and the cursor of the next page, null on the last."""

    items: list[T]
    next: str | None


def cursor_of(*values: object) -> str:
    """Return the cursor after a row with these values in the columns that order the list."""
    return base64.urlsafe_b64encode(to_json(values)).decode().rstrip("=")


def values_of(cursor: str, *types: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any type that JSON can carry
    """Return the values in a cursor, as these types; Invalid if it is not one of ours."""
    try:
        written = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        shape: Any = tuple.__class_getitem__(types)
        values: tuple[Any, ...] = TypeAdapter(shape).validate_json(written)
    except (ValueError, ValidationError):
        values = ()
    if not values or not all(map(_is_storable, values)):
        raise Invalid((FieldError("cursor", "is not a cursor that we gave"),))
    return values


def _is_storable(value: object) -> bool:
    """Tell whether PostgreSQL can compare a column with it."""
    match value:
        case str():
            return "\x00" not in value
        case int():
            return abs(value) <= LARGEST_COUNT
        case datetime():
            return value.tzinfo is not None and EARLIEST <= value <= LATEST
        case _:
            return True
