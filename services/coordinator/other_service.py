"""Calling another service: with a token for it and for the call, within a time limit. Never what is asked of it."""

from http import HTTPStatus
from typing import Any, Final

import httpx
import structlog

from services.runtime.errors import Refusal
from services.runtime.service_tokens import ServiceTokens
from services.runtime.telemetry import name_of

TIMEOUT_SECONDS: Final = 10.0
NOT_NOW: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Answers below 500 that say nothing against what was asked."""

log = structlog.get_logger(__name__)


class OtherService:
    """Another service as this one calls it."""

    def __init__(self, name: str, url: str, tokens: ServiceTokens, http: httpx.AsyncClient) -> None:
        """Take where its paths begin, without a slash at the end."""
        self._name, self._url, self._tokens, self._http = name, f"{url}/{name}", tokens, http

    async def call(self, scope: str, method: str, path: str, **request: Any) -> httpx.Response | None:  # noqa: ANN401 - what httpx takes
        """Return the answer of a service that could say what it thinks of the call; None, logged, of any other."""
        try:
            headers = {"Authorization": f"Bearer {await self._tokens.token(self._name, scope)}"}
            answer = await self._http.request(
                method, f"{self._url}{path}", headers=headers, timeout=TIMEOUT_SECONDS, **request
            )
        except (httpx.HTTPError, Refusal) as error:
            log.warning("call_failed", kind=scope, error=name_of(error))
            return None
        if answer.is_server_error or answer.status_code in NOT_NOW:
            log.warning("call_failed", kind=scope, status=answer.status_code)
            return None
        return answer
