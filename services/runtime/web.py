"""A service's HTTP app put together: guards, problems, limits, health, OpenAPI. Never a call of a service."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from prometheus_client import CollectorRegistry, make_asgi_app
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.runtime.bodies import Body
from services.runtime.errors import Unavailable
from services.runtime.guards import TokenInCookie, open_to_all, says_who_may_call
from services.runtime.identity import Verifier
from services.runtime.middleware import Limited, Observed
from services.runtime.openapi import DEFAULT_RESPONSE, document_bodies
from services.runtime.pages import STYLESHEET
from services.runtime.problems import answer_with_problems

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Problems = Callable[[], Awaitable[Sequence[str]]]
"""What is wrong right now, in sentences without values; nothing when all is well."""
ANSWERS_SECONDS: Final = 3
"""How long requests that are being answered at a stop may take; the rest of its ten seconds is the service's."""
NO_TELEMETRY: Final[Any] = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
"""FastAPI's own would record exception texts and bodies."""


class Health(BaseModel):
    """All is well."""

    status: str = "ok"


def service_app(
    service: str,
    title: str,
    *,
    verifier: Verifier,
    api: Sequence[APIRouter] = (),
    pages: Sequence[APIRouter] = (),
    live: Problems,
    ready: Problems,
    sign_in: str | None = None,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """Return the app of a service, everything in it under `/<service>`.

    Pages are left out of OpenAPI; `sign_in` is where a page sends those whom it does not know in the embedded mode.
    TypeError if a route does not say who may call it, or reads its body before it knows.
    """
    app = FastAPI(
        title=title,
        version="1",
        openapi_url=f"/{service}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=DEFAULT_RESPONSE,
        lifespan=lifespan,
        middleware=[Middleware(Observed, service=service), Middleware(Limited)],
        telemetry=NO_TELEMETRY,
    )
    app.state.service, app.state.verifier = service, verifier
    app.state.sessions = TokenInCookie(sign_in) if sign_in else None
    answer_with_problems(app)
    for router in (*api, _health(live, ready)):
        app.include_router(router, prefix=f"/{service}")
    for router in (*pages, _static()):
        app.include_router(router, prefix=f"/{service}", include_in_schema=False)
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            _check_guard(str(route.path), route.dependant)
    document_bodies(app)
    return app


def _check_guard(path: str, dependant: Dependant) -> None:
    calls = list(_dependencies(dependant))
    guards = [place for place, call in enumerate(calls) if says_who_may_call(call)]
    bodies = [place for place, call in enumerate(calls) if isinstance(call, Body)]
    if not guards:
        raise TypeError(f"{path} does not say who may call it")
    if bodies and bodies[0] < guards[0]:
        raise TypeError(f"{path} reads the body before it knows who calls: put the caller first")


def _dependencies(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield from _dependencies(dependency)
        yield dependency.call


def _health(live: Problems, ready: Problems) -> APIRouter:
    router = APIRouter(prefix="/health", tags=["health"], dependencies=[open_to_all])

    async def tell(problems: Problems) -> Health:
        if found := await problems():
            raise Unavailable("; ".join(found))
        return Health()

    @router.get("/live")
    async def is_alive() -> Health:
        """Whether the process should go on; if not, start it again."""
        return await tell(live)

    @router.get("/ready")
    async def is_ready() -> Health:
        """Whether requests should come here."""
        return await tell(ready)

    return router


def _static() -> APIRouter:
    router = APIRouter(prefix="/static", dependencies=[open_to_all])

    @router.get("/motesplats.css")
    async def stylesheet() -> Response:
        return Response(STYLESHEET, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})

    return router


def metrics_app(registry: CollectorRegistry) -> ASGIApp:
    """Return the app that tells the metrics, for an inner port: no guard stands before it."""
    app: ASGIApp = make_asgi_app(registry)
    return app


def one_port(front: FastAPI, *services: FastAPI) -> ASGIApp:
    """Return one app for several: the first segment of the path decides, and `front` has all other paths."""
    by_segment = {app.state.service: app for app in services}

    @asynccontextmanager
    async def all_lifespans(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in (front, *services):
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    lifespans = Starlette(lifespan=all_lifespans)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespans(scope, receive, send)
        else:
            segment = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
            await by_segment.get(segment, front)(scope, receive, send)

    return dispatch


def server(app: ASGIApp, *, host: str, port: int) -> uvicorn.Server:
    """Return the server of an app; it logs through `logs.configure`, and no address or header of a request."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=ANSWERS_SECONDS,
        )
    )
