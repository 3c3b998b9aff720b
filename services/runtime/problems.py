"""How a refusal is written down: RFC 9457 problem documents, or a page for a browser. Never with a value."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from schemas.strict import FieldError, Invalid
from services.runtime import telemetry
from services.runtime.errors import Refusal
from services.runtime.guards import SignInNeeded
from services.runtime.languages import language_of
from services.runtime.page_texts import problem_said
from services.runtime.pages import RUNTIME_PAGES, layout_of

MEDIA_TYPE: Final = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    path: str
    """As `sessions[0].from`; empty for the whole body."""
    rule: str


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    """`urn:trace:` and the trace that the log has it under."""
    errors: list[FieldProblem] | None = None
    """Every field that breaks a rule, at once."""


def problem(
    request: Request,
    status: int,
    *,
    detail: str | None = None,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the response that says why not: a page if the client is a browser, else a problem document."""
    trace = telemetry.trace_id(telemetry.trace.get())
    document = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=f"urn:trace:{trace}" if trace else None,
        errors=[FieldProblem(path=error.path, rule=error.rule) for error in errors] or None,
    )
    accepted = request.headers.get("accept", "")
    if "text/html" in accepted and "json" not in accepted:
        body, media_type = _page(request, document), "text/html"
    else:
        body, media_type = document.model_dump_json(exclude_none=True), MEDIA_TYPE
    return Response(body, int(status), headers=dict(headers or {}), media_type=media_type)


def _page(request: Request, document: Problem) -> str:
    language = language_of(request)
    said = problem_said(document.status, language)
    return RUNTIME_PAGES.get_template("problem.html").render(
        problem=document, said=said, **layout_of(request, language)
    )


def answer_with_problems(app: FastAPI) -> None:
    """Have every refusal of the app written down as a problem; what nobody foresaw is the middleware's."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(SignInNeeded, _sign_in_needed)
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(RequestValidationError, _invalid_parameters)
    app.add_exception_handler(HTTPException, _unroutable)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - Starlette's handlers are typed for any exception
    return problem(request, error.status, detail=error.detail, headers=error.headers)


async def _sign_in_needed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)  # noqa: S101 - as above
    return Response(status_code=error.status, headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)  # noqa: S101 - as above
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail=INVALID, errors=error.errors)


async def _invalid_parameters(request: Request, error: Exception) -> Response:
    """Answer for what stands in the path or the query; a body never comes this way."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    errors = map(_parameter_error, error.errors())
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail=INVALID, errors=errors)


def _parameter_error(found: dict[str, Any]) -> FieldError:
    """Return the parameter's name and the rule, in words of ours: pydantic's own may hold the value."""
    _, *path = found["loc"]
    rule = "is required" if found["type"] == "missing" else found.get("ctx", {}).get("rule", "is not valid")
    return FieldError(".".join(map(str, path)), rule)


async def _unroutable(request: Request, error: Exception) -> Response:
    """Answer for what the framework refuses by itself: no such path, no such method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    return problem(request, error.status_code, headers=error.headers)


INVALID: Final = "What was sent breaks the rules that `errors` names."
