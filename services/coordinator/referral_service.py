"""What is asked of the referral service over HTTP. Never kept, never logged."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from uuid import UUID

import httpx
import structlog
from pydantic import BaseModel

from services.runtime.errors import Refusal, Unavailable
from services.runtime.service_tokens import ServiceTokens
from services.runtime.telemetry import name_of

TIMEOUT_SECONDS: Final = 10.0

log = structlog.get_logger(__name__)


class Consents(BaseModel):
    """Those of the referrals whose consent is in force."""

    in_force: frozenset[UUID]


class Shared(BaseModel):
    """What the participant agreed to share, null is not shared; `companion`: would like company the first time."""

    first_name: str | None = None
    phone: str | None = None
    email: str | None = None
    companion: bool = False


class ReferralService:
    """The referral service as this service sees it."""

    def __init__(self, url: str, tokens: ServiceTokens, http: httpx.AsyncClient) -> None:
        """Take where its paths begin, without a slash at the end."""
        self._url, self._tokens, self._http = f"{url}/referral", tokens, http

    async def consents_in_force(self, referral_ids: Sequence[UUID]) -> frozenset[UUID] | None:
        """Return which of the referrals have a consent in force now, None without an answer."""
        body = {"referral_ids": [str(referral_id) for referral_id in referral_ids]}
        try:
            answer = await self._http.post(
                f"{self._url}/consents",
                json=body,
                headers=await self._headers("consent.read"),
                timeout=TIMEOUT_SECONDS,
            )
            return Consents.model_validate_json(answer.raise_for_status().content).in_force
        except (httpx.HTTPError, ValueError, Refusal) as error:
            log.warning("consents_unknown", error=name_of(error), count=len(referral_ids))
            return None

    async def shared(self, referral_id: UUID, choice: int) -> Shared | None:
        """Return what the participant shares with whoever accepted, None if nothing any more; Unavailable."""
        try:
            answer = await self._http.get(
                f"{self._url}/referrals/{referral_id}/shared",
                params={"choice": choice},
                headers=await self._headers("shared.read"),
                timeout=TIMEOUT_SECONDS,
            )
            if answer.status_code in (HTTPStatus.GONE, HTTPStatus.NOT_FOUND):
                return None
            return Shared.model_validate_json(answer.raise_for_status().content)
        except (httpx.HTTPError, ValueError) as error:
            log.warning("shared_unknown", error=name_of(error))
        raise Unavailable("The referral service does not answer; try again in a while.")

    async def _headers(self, scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self._tokens.token('referral', scope)}"}
