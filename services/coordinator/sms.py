"""Handing short messages to an SMS gateway over HTTP. Never what they say.

The call is that of 46elks, which several gateways understand: a form with `from`, `to` and `message`, and a user name
with a password.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx
import structlog

from services.coordinator.domain.notice import Delivery
from services.runtime.telemetry import name_of

TIMEOUT_SECONDS: Final = 10.0
AT_ONCE: Final = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sms:
    """A short message to one phone."""

    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where short messages are handed over."""

    url: str
    username: str
    password: str
    sender: str
    """What the reader sees as the sender: a name of up to eleven letters, or a number."""


class SmsGateway:
    """Sends short messages."""

    def __init__(self, gateway: Gateway, http: httpx.AsyncClient) -> None:
        self._gateway, self._http, self._free = gateway, http, asyncio.Semaphore(AT_ONCE)

    async def send(self, messages: Sequence[Sms]) -> list[Delivery]:
        """Return what became of each message."""
        return list(await asyncio.gather(*(self._send(message) for message in messages)))

    async def _send(self, message: Sms) -> Delivery:
        gateway = self._gateway
        form = {"from": gateway.sender, "to": message.to, "message": message.text}
        try:
            async with self._free:
                answer = await self._http.post(
                    gateway.url,
                    data=form,
                    auth=(gateway.username, gateway.password),
                    timeout=TIMEOUT_SECONDS,
                    follow_redirects=False,
                )
        except httpx.HTTPError as error:
            log.warning("sms_gateway_away", error=name_of(error))
            return "deferred"
        if answer.is_success:
            return "sent"
        if answer.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
            return "refused"
        log.warning("sms_gateway_away", status=answer.status_code)
        return "deferred"
