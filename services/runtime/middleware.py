"""What surrounds every request: trace, log line, limits, security headers. Never a route, and never a body's content.

Plain ASGI, outermost first: `Observed`, `Limited`. They stand inside the framework's own error handler, which
therefore never sees an error and never prints one.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Final

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import telemetry
from services.runtime.database import is_away
from services.runtime.errors import TooLarge, Unavailable
from services.runtime.problems import problem

LARGEST_BODY: Final = 256 * 1024
"""Bytes."""
CLIENT_CLOSED: Final = 499
"""The status in log and metrics of a request whose sender did not wait; nobody receives it."""
UNMATCHED: Final = "unmatched"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""Of every response that does not say otherwise."""

log = structlog.get_logger()


class Observed:
    """Gives a request its trace, its headers and its log line, and answers when something broke."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; no exception of the app leaves here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        traceparent = telemetry.child_of(Headers(scope=scope).get("traceparent"))
        outer = telemetry.trace.set(traceparent)
        started = perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["traceparent"] = traceparent
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = CLIENT_CLOSED
        except Exception as error:  # noqa: BLE001 - the last place that can answer; logged without its text
            already_answering = bool(status)
            away = is_away(error)
            (log.warning if away else log.error)("request_failed", route=_template(scope), exc_info=error)
            if not already_answering:
                await _broken(Request(scope), away=away)(scope, receive, send_with_headers)
        finally:
            self._tell(scope, status or CLIENT_CLOSED, perf_counter() - started)
            telemetry.trace.reset(outer)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = _template(scope)
        method = scope["method"] if scope["method"] in METHODS else "other"
        telemetry.http_seconds.labels(self._service, method, route, str(status)).observe(seconds)
        write: Callable[..., object] = log.debug if "/health/" in route else log.info
        write(
            "request",
            service=self._service,
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
        )


class Limited:
    """Refuses what is too large before it is read, and a zero byte in the address, which no database takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; a body without a stated length is counted as it comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "0")
        if stated.isdecimal() and int(stated) > LARGEST_BODY:
            await problem(Request(scope), TooLarge.status, detail=_TOO_LARGE)(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            await problem(Request(scope), 400, detail="The address holds a zero byte.")(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                raise TooLarge(_TOO_LARGE)
            return message

        await self._app(scope, receive_counted, send)


_TOO_LARGE: Final = "A body may have up to 256 kB."


def _broken(request: Request, *, away: bool) -> ASGIApp:
    if away:
        refusal = Unavailable("The database is away; try again in a few seconds.")
        return problem(request, refusal.status, detail=refusal.detail, headers=refusal.headers)
    return problem(request, 500, detail="Something broke here; the log has it under this instance.")


def _template(scope: Scope) -> str:
    """Return the route's template, so that no id reaches log or metrics. FastAPI keeps it beside the route."""
    included = scope.get("fastapi", {}).get("effective_route_context")
    template = getattr(included, "path_format", None) or getattr(scope.get("route"), "path_format", None)
    return str(template) if template else UNMATCHED
