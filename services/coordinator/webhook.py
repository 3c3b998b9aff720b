"""Handing notices to a contact function's own system over HTTPS, signed as Standard Webhooks. Never what they say.

Whoever gives a webhook's address chooses where we connect to. So only public addresses are called, the one that was
looked at is the one that is called, no redirect is followed, and of the answer only the status is read.
"""

import asyncio
import hmac
import ipaddress
import json
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import httpx
import structlog

from services.coordinator.smtp import Delivery
from services.runtime.telemetry import name_of

TIMEOUT_SECONDS: Final = 10.0
SENDING_SECONDS: Final = 60.0
"""What is not handed over by then is tried later: the batch's lease must not end."""
AT_ONCE: Final = 10
FOR_GOOD: Final = (HTTPStatus.GONE, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

Resolve = Callable[[str, int], Awaitable[str | None]]
"""From a host and a port to the address that is called; None: none that may be."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """A signed call of one webhook; repeated, it has the same id."""

    url: str
    id: str
    secret: bytes
    at: datetime
    content: Mapping[str, Any]

    def body(self) -> bytes:
        """Return the JSON that is sent."""
        return json.dumps(self.content, ensure_ascii=False, separators=(",", ":")).encode()

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers by which the receiver knows that it is from us."""
        stamp = str(int(self.at.timestamp()))
        signature = hmac.digest(self.secret, f"{self.id}.{stamp}.".encode() + body, "sha256")
        return {
            "webhook-id": self.id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{b64encode(signature).decode()}",
            "content-type": "application/json",
        }


def secret_of(key: bytes, function: str, url: str) -> bytes:
    """Return the secret that signs what is sent to this address of the function; another address, another secret."""
    return hmac.digest(key, f"webhook/{function}/{url}".encode(), "sha256")


def written_secret(secret: bytes) -> str:
    """Return the secret as receivers are given it."""
    return f"whsec_{b64encode(secret).decode()}"


async def public_address(host: str, port: int) -> str | None:
    """Return an address of the host, None unless all that it has are public; OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(where[4][0]).partition("%")[0]) for where in found]
    if not addresses or not all(address.is_global and not address.is_multicast for address in addresses):
        return None
    return str(addresses[0])


class Webhooks:
    """Calls webhooks."""

    def __init__(self, http: httpx.AsyncClient, resolve: Resolve = public_address) -> None:
        self._http, self._resolve, self._free = http, resolve, asyncio.Semaphore(AT_ONCE)

    async def send(self, hooks: Sequence[Hook]) -> list[Delivery]:
        """Return what became of each call."""
        deliveries: list[Delivery] = ["deferred"] * len(hooks)

        async def send(place: int) -> None:
            async with self._free:
                deliveries[place] = await self._send(hooks[place])

        tasks = [asyncio.create_task(send(place)) for place in range(len(hooks))]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=SENDING_SECONDS)
            for task in late:
                task.cancel()
        return deliveries

    async def _send(self, hook: Hook) -> Delivery:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status = await self._call(hook)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            log.warning("webhook_away", error=name_of(error))
            return "deferred"
        if status is None or httpx.codes.is_redirect(status) or status in FOR_GOOD:
            return "refused"
        if httpx.codes.is_success(status):
            return "sent"
        log.warning("webhook_away", status=status)
        return "deferred"

    async def _call(self, hook: Hook) -> int | None:
        """Return the status that the receiver answered, None if it may not be called."""
        url = httpx.URL(hook.url)
        address = await self._resolve(url.host, url.port or 443)
        if address is None:
            return None
        body = hook.body()
        headers = hook.headers(body) | {"host": url.netloc.decode()}
        request = self._http.build_request(
            "POST",
            url.copy_with(host=address, userinfo=b""),
            content=body,
            headers=headers,
            extensions={"sni_hostname": url.host},
            timeout=TIMEOUT_SECONDS,
        )
        answer = await self._http.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
        return answer.status_code
