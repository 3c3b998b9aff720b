"""Calling systems of others over HTTPS, signed as Standard Webhooks. Never what a call says.

Whoever gives a webhook's address chooses where we connect to. So only public addresses are called, the one that was
looked at is the one that is called, no redirect is followed, and of the answer only the status is read.
"""

import asyncio
import hmac
import ipaddress
import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Literal, Self

import httpx
import structlog

from services.runtime.telemetry import name_of
from services.runtime.tls import trusted

TIMEOUT_SECONDS: Final = 10.0
SENDING_SECONDS: Final = 20.0
"""What is not handed over by then is tried later: neither may a batch's lease end, nor its loop seem to stand still."""
AT_ONCE: Final = 10
FOR_GOOD: Final = (HTTPStatus.GONE, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
LOOKUPS: Final = ThreadPoolExecutor(32, "lookup")
"""Threads of their own: a name server that does not answer holds one for long, which databases and brokers are not to
wait for."""
NO_ANSWER: Final = "no_answer"
NOT_PUBLIC: Final = "not_public"
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::ffff:0:0:0/96", "::/96", "fec0::/10")
)
"""What Python takes for public though there may lie a private IPv4 address behind it (RFC 6052, 8215, 3056, 2765,
4291), and the private addresses that IPv6 had at first."""

Became = Literal["sent", "refused", "deferred"]
"""The receiver took it; will never take it; or may take it later."""
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


@dataclass(frozen=True, slots=True)
class Called:
    """What became of a call, and the status of the answer, or `not_public` or `no_answer`."""

    became: Became
    answer: str


def secret_of(key: bytes, whose: str, url: str) -> bytes:
    """Return the secret that signs what is sent to this address of theirs; another address, another secret."""
    return hmac.digest(key, f"webhook/{whose}/{url}".encode(), "sha256")


def written_secret(secret: bytes) -> str:
    """Return the secret as receivers are given it."""
    return f"whsec_{b64encode(secret).decode()}"


async def public_address(host: str, port: int) -> str | None:
    """Return an address of the host, None unless all that it has are public; OSError."""
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(LOOKUPS, look_up)
    addresses = [ipaddress.ip_address(str(where[4][0]).partition("%")[0]) for where in found]
    if not addresses or not all(_is_public(address) for address in addresses):
        return None
    return str(addresses[0])


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in _NOT_PUBLIC)


class Webhooks:
    """Calls webhooks. Open, for its connections, as long as something is called."""

    def __init__(self, resolve: Resolve = public_address, tls: ssl.SSLContext | None = None) -> None:
        """Take what looks hosts up, and whose certificates are believed: the system's authorities' if not said."""
        self._resolve, self._free = resolve, asyncio.Semaphore(AT_ONCE)
        self._lookups: dict[tuple[str, int], asyncio.Future[str | None]] = {}
        # A connection is known by its address, so one that was kept could be another host's at the same address.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(trust_env=False, verify=tls or trusted(), limits=limits, timeout=TIMEOUT_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for lookup in self._lookups.values():
            lookup.cancel()
        await self._http.aclose()

    async def send(self, hooks: Sequence[Hook]) -> list[Became]:
        """Return what became of each of many calls, some at once and none for long."""
        became: list[Became] = ["deferred"] * len(hooks)

        async def send(place: int) -> None:
            async with self._free:
                became[place] = (await self.call(hooks[place])).became

        tasks = [asyncio.create_task(send(place)) for place in range(len(hooks))]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=SENDING_SECONDS)
            for task in late:
                task.cancel()
        return became

    async def call(self, hook: Hook) -> Called:
        """Return what became of a call, ten seconds later at most."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status = await self._call(hook)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, UnicodeError) as error:
            log.warning("webhook_away", error=name_of(error))
            return Called("deferred", NO_ANSWER)
        if status is None:
            return Called("refused", NOT_PUBLIC)
        if httpx.codes.is_success(status):
            return Called("sent", str(status))
        if httpx.codes.is_redirect(status) or status in FOR_GOOD:
            return Called("refused", str(status))
        log.warning("webhook_away", status=status)
        return Called("deferred", str(status))

    async def _call(self, hook: Hook) -> int | None:
        """Return the status that the receiver answered, None if it may not be called."""
        url = httpx.URL(hook.url)
        address = await self._address(url.host, url.port or 443)
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
        )
        answer = await self._http.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
        return answer.status_code

    async def _address(self, host: str, port: int) -> str | None:
        """Look a host up for all who call it now: a lookup outlives a call that is given up, and holds one thread."""
        lookup = self._lookups.get((host, port))
        if lookup is None:
            lookup = self._lookups[host, port] = asyncio.ensure_future(self._resolve(host, port))
            lookup.add_done_callback(partial(self._looked_up, (host, port)))
        return await asyncio.shield(lookup)

    def _looked_up(self, where: tuple[str, int], lookup: asyncio.Future[str | None]) -> None:
        del self._lookups[where]
        if not lookup.cancelled():
            lookup.exception()  # told to those who still wait, if any
