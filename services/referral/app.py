"""The referral service put together: settings, handlers, routes. Decides nothing."""

from collections.abc import Callable
from datetime import datetime

import httpx
from fastapi import FastAPI
from pydantic import SecretStr, field_validator

from services.referral import api, pages, what_fits
from services.referral.centre_topics import PATTERN
from services.referral.contacts import Safe
from services.referral.handlers import handlers
from services.referral.matching import Matching
from services.referral.message_back import CALLED, MessagesBack
from services.referral.store.work import STALLED
from services.runtime.identity import Verifier
from services.runtime.process import Made, alive, ready
from services.runtime.process import create_app as create
from services.runtime.service import TIME, Service
from services.runtime.service_tokens import ServiceTokens
from services.runtime.settings import Settings, decode_key
from services.runtime.tls import trusted
from services.runtime.transaction import utc_now
from services.runtime.web import Lifespan, service_app
from services.runtime.webhook import Webhooks

NAME = "referral"
WEBHOOK_SECONDS = 1.0
FORGET_SECONDS = 3_600.0


class ReferralSettings(Settings):
    """What the referral service needs beside what every service does."""

    master_key: SecretStr
    """32 bytes as base64: wraps the key of each participant. Whoever has it and the database can read contact data."""
    activities_url: str
    """Where this service reaches the activities service: `http://activities:8000`, without a slash at the end."""

    @field_validator("master_key")
    @classmethod
    def _is_a_master_key(cls, key: SecretStr) -> SecretStr:
        decode_key(key)
        return key


def make(
    settings: ReferralSettings,
    *,
    verifier: Verifier,
    tokens: ServiceTokens,
    lifespan: Lifespan | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Made:
    """Return the service and its web app; nothing is opened yet."""
    service = Service(NAME, settings, handlers, request_pattern=PATTERN, stalled=STALLED, clock=clock)
    safe = Safe(decode_key(settings.master_key))
    http = httpx.AsyncClient(trust_env=False, verify=trusted())
    service.keep(http)
    matching = Matching(settings.activities_url.rstrip("/"), tokens, http)
    webhooks = Webhooks()
    back = MessagesBack(service, webhooks, decode_key(settings.service_key))
    for kept in (webhooks, back):  # closed in the opposite order: nothing may call any more
        service.keep(kept)
    service.every("webhooks", back.send_due, idle=WEBHOOK_SECONDS, after=CALLED)
    service.every("old_messages", back.forget, idle=FORGET_SECONDS, after=TIME)

    def web() -> FastAPI:
        return service_app(
            NAME,
            "Mötesplats: referral",
            verifier=verifier,
            api=[*api.routes(service, safe, matching), api.webhooks_api(back)],
            pages=[pages.routes(service, matching), what_fits.routes(service, matching)],
            live=alive(service),
            ready=ready(service),
            sign_in="/sign-in",
            lifespan=lifespan,
        )

    return Made(service, web)


def create_app() -> FastAPI:
    """Return the web app for `uvicorn --factory`, with settings from the environment."""
    return create(ReferralSettings(), make)
