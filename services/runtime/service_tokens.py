"""The tokens with which one service calls another: short-lived, for one service and one call."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import httpx

from services.runtime.errors import Unavailable
from services.runtime.identity import SERVICE
from services.runtime.issuer import Issuer
from services.runtime.keys import discover

MARGIN_SECONDS: Final = 60.0
"""A token is not used in the last minute of its life: it must not expire on its way."""
LIFETIME: Final = timedelta(minutes=10)

Obtain = Callable[[str, str], Awaitable[tuple[str, float]]]
"""From audience and scope to a new token and the seconds it lives."""


class ServiceTokens:
    """Gives the token for a service and a call, and obtains one only when the last is about to expire."""

    def __init__(self, obtain: Obtain, clock: Callable[[], float] = time.monotonic) -> None:
        """Take where tokens come from, and a clock in seconds."""
        self._obtain = obtain
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[str, float]] = {}
        self._obtaining = asyncio.Lock()

    async def token(self, audience: str, scope: str) -> str:
        """Return a token for the service `audience` and the call `scope`."""
        async with self._obtaining:
            token, until = self._kept.get((audience, scope), ("", 0.0))
            if self._clock() >= until:
                token, seconds = await self._obtain(audience, scope)
                self._kept[audience, scope] = token, self._clock() + seconds - MARGIN_SECONDS
            return token


def from_issuer(issuer: Issuer, service: str) -> ServiceTokens:
    """Return the tokens of this service, signed by the embedded issuer."""

    async def obtain(audience: str, scope: str) -> tuple[str, float]:
        token = issuer.token(SERVICE, subject=service, audience=audience, scope=scope, lifetime=LIFETIME)
        return token, LIFETIME.total_seconds()

    return ServiceTokens(obtain)


def from_client_credentials(
    issuer: str,
    client_id: str,
    client_secret: str,
    client: httpx.AsyncClient,
    clock: Callable[[], float] = time.monotonic,
) -> ServiceTokens:
    """Return the tokens that the OIDC issuer grants this service; Unavailable while it does not answer."""

    async def obtain(audience: str, scope: str) -> tuple[str, float]:
        grant = {"grant_type": "client_credentials", "audience": audience, "scope": scope}
        try:
            metadata = await discover(issuer, client)
            answer = await client.post(metadata["token_endpoint"], data=grant, auth=(client_id, client_secret))
            granted = answer.raise_for_status().json()
            return str(granted["access_token"]), float(granted.get("expires_in", MARGIN_SECONDS))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("The token issuer cannot be reached.") from error

    return ServiceTokens(obtain, clock)
