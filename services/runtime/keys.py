"""The public keys of the token issuer: given, or found by OIDC discovery. Never a private key."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.runtime.errors import Unavailable

REFETCH_SECONDS = 30.0
"""An unknown key id makes us ask the issuer again, at most this often ..."""
RETRY_SECONDS = 1.0
"""... and while there are no keys at all, this often."""
STALE_SECONDS = 3600.0
"""Keys older than this are fetched again in the background, so that a revoked one goes away."""

log = structlog.get_logger()


class Keys(Protocol):
    """Where a verifier finds keys."""

    async def for_kid(self, kid: str | None) -> KeySet:
        """Return the keys, after looking for a new one if this id is not among them."""


class GivenKeys:
    """Keys that are known from the start: those of the embedded issuer."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def for_kid(self, kid: str | None) -> KeySet:  # noqa: ARG002 - the other implementation asks for it
        """Return the keys."""
        return self._keys


class DiscoveredKeys:
    """Keys that the issuer publishes. A request waits for them only when its token's key id is new."""

    def __init__(self, issuer: str, client: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the issuer's address as it stands in its tokens, and a clock in seconds."""
        self._issuer = issuer
        self._client = client
        self._clock = clock
        self._keys: KeySet | None = None
        self._asked_at = -REFETCH_SECONDS
        self._asking = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    async def for_kid(self, kid: str | None) -> KeySet:
        """Return the keys; Unavailable if there are none yet and the issuer does not answer."""
        if not self._knows(kid):
            await self._ask()
        elif self._clock() - self._asked_at > STALE_SECONDS and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._ask())
        if self._keys is None:
            raise Unavailable("The token issuer cannot be reached.")
        return self._keys

    def _knows(self, kid: str | None) -> bool:
        return self._keys is not None and (kid is None or any(key.kid == kid for key in self._keys))

    def _age(self) -> float:
        return self._clock() - self._asked_at

    async def _ask(self) -> None:
        async with self._asking:
            if self._age() < (REFETCH_SECONDS if self._keys else RETRY_SECONDS):
                return
            self._asked_at = self._clock()
            try:
                self._keys = await self._fetch()
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                log.warning("issuer_keys_not_fetched", exc_info=error)

    async def _fetch(self) -> KeySet:
        metadata = await discover(self._issuer, self._client)
        answer = await self._client.get(metadata["jwks_uri"])
        return KeySet.import_key_set(answer.raise_for_status().json())


async def discover(issuer: str, client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the issuer's OIDC metadata; ValueError if it speaks for another issuer."""
    answer = await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    metadata: dict[str, Any] = answer.raise_for_status().json()
    if metadata["issuer"] != issuer:
        raise ValueError("the metadata is of another issuer")
    return metadata
