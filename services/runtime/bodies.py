"""How a request's body is read: strictly, and of one media type. Never what it means.

FastAPI would convert, and forgive a key given twice; these dependencies read the bytes themselves and tell OpenAPI
what they take. In a route's signature they stand after the caller.
"""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from pydantic import BaseModel

from schemas.strict import DOCUMENT, FieldError, Invalid, parse, parse_object
from services.runtime.errors import WrongMediaType
from services.runtime.identity import Caller

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 1000

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
Context = Callable[[Caller], object]


class Body(Generic[T]):
    """Reads a body of one of the media types."""

    def __init__(
        self,
        media_types: tuple[str, ...],
        read: Callable[[bytes, object], T],
        *,
        model: type[BaseModel] | None = None,
        context: Context | None = None,
    ) -> None:
        """Take how bytes and context become what the route wants, and the model that OpenAPI shows."""
        self.media_types, self.model = media_types, model
        self._read, self._context = read, context

    async def __call__(self, request: Request) -> T:
        """Return what the body says; WrongMediaType, TooLarge or Invalid."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in self.media_types or "content-encoding" in request.headers:
            raise WrongMediaType(f"The body must be {' or '.join(self.media_types)}, and not compressed.")
        context = self._context(request.state.caller) if self._context else None
        return self._read(await request.body(), context)


def body(model: type[M], context: Context | None = None) -> Any:  # noqa: ANN401 - FastAPI's Depends is Any too
    """Return the dependency that gives the model, read from strict JSON.

    The context is what `strict.parse` is to know of the caller. TypeError if the model would convert.
    """
    if not model.model_config.get("strict"):
        raise TypeError(f"{model.__name__} would convert: it needs strict=True in its model_config")
    return Depends(Body((JSON,), lambda raw, known: parse(model, raw, known), model=model, context=context))


def form(model: type[M]) -> Any:  # noqa: ANN401 - as above
    """Return the dependency that gives the model, read from a page's form.

    Every value is a text, or a list of texts where the model has a list.
    """
    return Depends(Body((FORM,), lambda raw, _: parse_object(model, _fields(model, raw)), model=model))


def raw(*media_types: str) -> Any:  # noqa: ANN401 - as above
    """Return the dependency that gives the bytes, of one of the media types: lines, a file."""
    return Depends(Body(media_types, lambda raw, _: raw))


def _fields(model: type[BaseModel], raw: bytes) -> dict[str, str | list[str]]:
    values: dict[str, str | list[str]] = {
        field.alias or name: []
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) in (list, tuple)
    }
    for name, value in _pairs(raw):
        known = values.get(name)
        if isinstance(known, list):
            known.append(value)
        elif known is None:
            values[name] = value
        else:
            raise Invalid([FieldError(name if name in model.model_fields else DOCUMENT, "is given twice")])
    return values


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        pass  # the error may hold the value: it must not become the context of ours
    raise Invalid([FieldError(DOCUMENT, "is not a form")])
