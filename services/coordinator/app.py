"""The coordinator service put together, and what it is told from outside. Never what it does."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Literal

import httpx
from fastapi import FastAPI
from pydantic import Field, SecretStr, field_validator

from schemas.fields import Email
from services.coordinator.activities_service import ActivitiesService
from services.coordinator.api import Trying, coordinator_api, notices_api
from services.coordinator.domain.contact_function import Channel
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.errands import Errands
from services.coordinator.handlers import STALLED, handlers
from services.coordinator.letterhead import Letterhead
from services.coordinator.letters import Letters
from services.coordinator.mail import Mail
from services.coordinator.notifier import Channels, Message, Notifier
from services.coordinator.pages import answer_pages
from services.coordinator.pages.by_mail import by_mail
from services.coordinator.pages.day import day_page
from services.coordinator.pages.parts import GivenUp, NoSuchLink, Parts, given_up, no_such_link
from services.coordinator.referral_service import ReferralService
from services.coordinator.sending import Notices
from services.coordinator.sms import Gateway, Sms, SmsGateway
from services.coordinator.smtp import MailServer, Smtp
from services.coordinator.store import handed_over
from services.runtime import process
from services.runtime.guessing import Guesses
from services.runtime.identity import Verifier
from services.runtime.process import Made, alive, ready
from services.runtime.service import TIME, Service
from services.runtime.service_tokens import ServiceTokens
from services.runtime.settings import Settings, decode_key
from services.runtime.tls import trusted
from services.runtime.transaction import utc_now
from services.runtime.web import Lifespan, service_app
from services.runtime.webhook import Hook, Webhooks

ERRAND_SECONDS = 2.0
LETTER_SECONDS = 5.0


class CoordinatorSettings(Settings):
    """What the coordinator service is told besides."""

    link_key: SecretStr
    """32 bytes as base64: makes the answer links. With another key, a notice that is sent again has another link."""
    referral_url: str
    """Where the referral service is reached from here, without a slash at the end."""
    activities_url: str
    """Where the activities service is reached from here, without a slash at the end."""
    smtp_host: str
    smtp_port: int = 587
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    smtp_ca_file: str | None = None
    """With it, the mail server's certificate is checked against it instead of the system's authorities."""
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_connections: int = Field(default=4, ge=1, le=50)
    """Kept open to the mail server: mails are begun side by side, and ended one after the other."""
    mail_from: Email
    """The sender of every notice; its domain also ends every Message-ID."""
    sms_url: str | None = None
    """Where short messages are handed over, to a gateway that understands what 46elks does; without it, none are."""
    sms_username: str = ""
    sms_password: SecretStr = SecretStr("")
    sms_sender: str = "Motesplats"
    """A name of up to eleven letters, or a number."""
    notices_per_hour: int = Field(default=10, ge=1)
    """How many notices a function gets one by one in an hour; the rest comes in one when the hour is over."""
    answer_working_days: int = Field(default=5, ge=1, le=60)
    """How long a contact function has to answer; the day of the notice does not count."""
    reminder_working_days: int = Field(default=2, ge=1, le=60)
    """After how many of them whoever was asked is reminded; a municipality may set its own."""
    deputy_working_days: int = Field(default=3, ge=1, le=60)
    """After how many of them the deputy is asked."""
    answer_seconds: float | None = Field(default=None, gt=0)
    """With it, an answer is due so soon instead: for demonstrations, in which silence must end quickly."""

    @field_validator("link_key")
    @classmethod
    def _is_a_link_key(cls, key: SecretStr) -> SecretStr:
        decode_key(key)
        return key


def make(
    settings: CoordinatorSettings,
    *,
    verifier: Verifier,
    tokens: ServiceTokens,
    lifespan: Lifespan | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Made:
    """Return the service; nothing is opened yet."""
    service = Service("coordinator", settings, handlers, stalled=STALLED, clock=clock)
    http = httpx.AsyncClient(trust_env=False, verify=trusted())
    service.keep(http)
    referrals = ReferralService("referral", settings.referral_url.rstrip("/"), tokens, http)
    activities = ActivitiesService("activities", settings.activities_url.rstrip("/"), tokens, http)
    answer_time = AnswerTime(
        settings.answer_working_days,
        settings.reminder_working_days,
        settings.deputy_working_days,
        settings.answer_seconds,
    )
    smtp = Smtp(
        _mail_server(settings),
        settings.mail_from,
        settings.smtp_connections,
        partial(handed_over.marking, service.engine),
        service.is_stopping,
    )
    service.keep(smtp)
    webhooks = Webhooks()
    service.keep(webhooks)
    kinds: dict[type[Message], Notifier[Any]] = {Mail: smtp, Hook: webhooks}
    channels: set[Channel] = {"email", "webhook"}
    if gateway := _gateway(settings):
        kinds[Sms] = SmsGateway(gateway, http)
        channels.add("sms")
    key, notifier = decode_key(settings.link_key), Channels(kinds)
    letterhead = Letterhead(settings.mail_from, settings.public_url, key)
    letters = Letters(service, activities, notifier, letterhead)
    notices = Notices(
        service=service,
        referrals=referrals,
        notifier=notifier,
        channels=frozenset(channels),
        letterhead=letterhead,
        answer_time=answer_time,
        link_key=key,
        most=settings.notices_per_hour,
    )
    service.every("notifier", notices.send_due)
    service.every("letters", letters.send_due, idle=LETTER_SECONDS, after=TIME)
    service.every("errands", Errands(service, referrals, activities).run_due, idle=ERRAND_SECONDS, after=TIME)

    def web() -> FastAPI:
        parts = Parts(service, referrals, activities, frozenset(channels), answer_time, Guesses(clock))
        app = service_app(
            service.name,
            "Mötesplats: coordinator",
            verifier=verifier,
            api=[
                coordinator_api(service, key),
                notices_api(Trying(service, letterhead, notifier, frozenset(channels))),
            ],
            pages=[answer_pages(parts), day_page(parts), by_mail(parts, key)],
            live=alive(service),
            ready=ready(service),
            sign_in="/sign-in",
            lifespan=lifespan,
        )
        app.add_exception_handler(NoSuchLink, no_such_link)
        app.add_exception_handler(GivenUp, given_up)
        return app

    return Made(service, web)


def create_app() -> FastAPI:
    """Return the web app of a process of its own: `uvicorn --factory services.coordinator.app:create_app`."""
    return process.create_app(CoordinatorSettings(), make)


def _gateway(settings: CoordinatorSettings) -> Gateway | None:
    if settings.sms_url is None:
        return None
    password = settings.sms_password.get_secret_value()
    return Gateway(settings.sms_url, settings.sms_username, password, settings.sms_sender)


def _mail_server(settings: CoordinatorSettings) -> MailServer:
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        ca_file=settings.smtp_ca_file,
    )
