"""The activities service put together. Never a rule of its own."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from services.activities import pages
from services.activities.api import ROUTERS
from services.activities.api.parts import Parts
from services.activities.handlers import make_handlers
from services.activities.pausing import Pauses
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.referrals import Referrals
from services.runtime import process
from services.runtime.identity import Verifier
from services.runtime.process import Made
from services.runtime.service import TIME, Service
from services.runtime.service_tokens import ServiceTokens
from services.runtime.settings import Settings
from services.runtime.transaction import utc_now
from services.runtime.web import Lifespan, service_app

PAUSE_SECONDS = 60.0


class ActivitiesSettings(Settings):
    """What every service needs is all that this one does."""


def make(
    settings: ActivitiesSettings,
    *,
    verifier: Verifier,
    tokens: ServiceTokens,  # noqa: ARG001 - every service is made alike; this one asks no other
    lifespan: Lifespan | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Made:
    """Return the service; nothing is opened yet."""
    catalogue = LiveCatalogue()
    service = Service("activities", settings, make_handlers(Referrals(catalogue)), clock=clock)
    service.keep(catalogue.read_from(service.engine))
    service.every("pauses", Pauses(service).end_due, idle=PAUSE_SECONDS, after=TIME)

    def web() -> FastAPI:
        app = service_app(
            "activities",
            "Mötesplats: activities",
            verifier=verifier,
            api=ROUTERS,
            pages=pages.ROUTERS,
            live=process.alive(service),
            ready=process.ready(service),
            sign_in="/sign-in",
            lifespan=lifespan,
        )
        app.state.parts = Parts(service, catalogue)
        return app

    return Made(service, web)


def create_app() -> FastAPI:
    """Return the web app of a process of its own, told by the environment."""
    return process.create_app(ActivitiesSettings(), make)
