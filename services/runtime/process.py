"""A service as a process of its own, as in production: one container, one web app, its loops beside it."""

import asyncio
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from threading import Event, Thread
from time import sleep
from typing import Any, Protocol, TypeVar

import asyncpg
import httpx
import structlog
from fastapi import FastAPI
from sqlalchemy import text

from services.runtime import logs, service_tokens, telemetry
from services.runtime.clock import DatabaseClock
from services.runtime.code_flow import let_people_in
from services.runtime.identity import Verifier
from services.runtime.keys import DiscoveredKeys
from services.runtime.service import Service
from services.runtime.service_tokens import ServiceTokens
from services.runtime.settings import Settings
from services.runtime.tls import trusted
from services.runtime.transaction import utc_now
from services.runtime.web import Lifespan, metrics_app, server

log = structlog.get_logger(__name__)
S_contra = TypeVar("S_contra", bound=Settings, contravariant=True)
S = TypeVar("S", bound=Settings)
COLLECT_AFTER = (20_000, 20, 50)
STANDS_STILL = 70
"""The exit status of a process whose loops stand still, so that whoever supervises it starts it again."""
LONGEST_STOP = 10.0
"""Seconds, after which a process that stands still ends without having written down what its other loops had done."""


@dataclass(frozen=True)
class Made:
    """A service put together: what carries its events, and what answers its requests."""

    service: Service[Any]
    make_web: Callable[[], FastAPI]

    @cached_property
    def web(self) -> FastAPI:
        """The web app, made when it is first asked for: its routes take longer than all the rest."""
        return self.make_web()


class Make(Protocol[S_contra]):
    """How a service's `app.py` puts it together."""

    def __call__(
        self,
        settings: S_contra,
        *,
        verifier: Verifier,
        tokens: ServiceTokens,
        lifespan: Lifespan | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> Made:
        """Return the service; nothing is opened yet."""


def create_app(settings: S, make: Make[S]) -> FastAPI:
    """Return the web app of a service in a process of its own; its lifespan runs the loops and the inner port."""
    logs.configure(level=settings.log_level)
    client = httpx.AsyncClient(timeout=5, verify=trusted())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # Taken before anything begins: uvicorn would end its task only, and leave half a process that nobody restarts.
        inner = socket.create_server(("0.0.0.0", settings.metrics_port))  # noqa: S104 - an inner port of a container
        metrics = server(metrics_app(telemetry.REGISTRY), host="0.0.0.0", port=settings.metrics_port)  # noqa: S104
        spare_what_stays()
        async with client, watched(made.service):
            serving = asyncio.create_task(metrics._serve([inner]))  # noqa: SLF001 - `serve` would take the web app's signals
            spare_what_stays()
            try:
                yield
            finally:
                metrics.should_exit = True
                await asyncio.gather(serving, return_exceptions=True)

    verifier = Verifier(issuer=settings.oidc_issuer, keys=DiscoveredKeys(settings.oidc_issuer, client))
    made = make(
        settings,
        verifier=verifier,
        tokens=service_tokens.from_client_credentials(
            settings.oidc_issuer,
            settings.service_client_id or made_name(make),
            settings.service_client_secret.get_secret_value() if settings.service_client_secret else "",
            client,
        ),
        lifespan=lifespan,
        clock=DatabaseClock(),
    )
    let_people_in(made.web, settings, verifier=verifier, client=client, clock=made.service.clock)
    return made.web


@asynccontextmanager
async def watched(service: Service[Any]) -> AsyncIterator[None]:
    """Run the service within this context, and have the process end when a loop of it stands still.

    It ends as when it is asked to, so that its other loops write down what they have done: which mails were handed
    over. It is watched before it starts: its first events are handled before all of its consumers have begun.
    """
    stopping, stale = Event(), Event()
    watching = partial(telemetry.watch, service.heartbeats, partial(_end, stale), stopping)
    Thread(target=watching, daemon=True).start()
    try:
        async with service.running():
            try:
                yield
            finally:
                stopping.set()  # to end may take longer than the next beat
    finally:
        stopping.set()
        if stale.is_set():
            os._exit(STANDS_STILL)


def made_name(make: Make[Any]) -> str:
    """Return the name of the service that the function makes: its package's."""
    return make.__module__.split(".")[-2]


def alive(service: Service[Any]) -> Callable[[], Any]:
    """Return the check of a service's liveness: the loops that stand still."""

    async def problems() -> Sequence[str]:
        return [f"{name} stands still" for name in service.heartbeats.stale()]

    return problems


def ready(service: Service[Any]) -> Callable[[], Any]:
    """Return the check of a service's readiness: whether its database answers."""

    async def problems() -> Sequence[str]:
        try:
            async with asyncio.timeout(2), service.engine.connect() as connection:
                await connection.execute(text("select 1"))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return ["the database does not answer"]
        return []

    return problems


def spare_what_stays() -> None:
    """Have the garbage collector leave alone what lives as long as the process, and come less often.

    A batch makes some ten thousand objects that reference counting frees; looking at all modules for each of
    them cost a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _end(stale: Event, loops: list[str]) -> None:
    log.error("stands_still", loops=loops)
    stale.set()
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(LONGEST_STOP)
    os._exit(STANDS_STILL)
