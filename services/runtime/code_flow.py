"""Signing in with a browser at the OIDC issuer: authorization code flow with PKCE. Keeps, shows and logs no token."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote_plus

import httpx
import structlog
from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.runtime.errors import Forbidden, Unauthenticated, Unavailable
from services.runtime.guards import from_our_pages, open_to_all, within
from services.runtime.identity import SERVICE, Caller, Verifier, caller_of
from services.runtime.keys import discover
from services.runtime.pages import RUNTIME_PAGES, page
from services.runtime.sealing import Seal
from services.runtime.sessions import BrowserSessions, SealedCookie
from services.runtime.settings import Settings, decode_key

PATIENCE: Final = timedelta(minutes=10)
"""How long somebody may take at the issuer."""
LONGEST_NEXT: Final = 300
"""Characters, so that the cookie stays below what browsers keep."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that this browser began: what its way back must match, and where it wanted to go."""

    state: str
    nonce: str
    code_verifier: str
    then: str


class CodeFlow:
    """What we say to the issuer, and what we believe of its answer."""

    def __init__(self, settings: Settings, service: str, *, verifier: Verifier, client: httpx.AsyncClient) -> None:
        """Take the settings, which name our client at the issuer."""
        self.issuer = settings.oidc_issuer
        self._client_id = settings.sign_in_client_id or ""
        self._secret = settings.sign_in_client_secret
        self._redirect_uri = f"{settings.public_url}/{service}/sign-in/back"
        self._verifier, self._client = verifier, client

    async def address(self, attempt: Attempt) -> str:
        """Return where the browser goes to sign in; Unavailable if the issuer does not answer."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.code_verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return str(httpx.URL(await self._endpoint("authorization_endpoint")).copy_merge_params(asked))

    async def caller(self, code: str, attempt: Attempt) -> Caller:
        """Return who signed in; Unauthenticated unless code and ID token are of this attempt, and for us."""
        claims = await self._verifier.claims(await self._id_token(code, attempt))
        caller = caller_of(claims, audience=self._client_id)
        is_ours = claims.get("nonce") == attempt.nonce and claims.get("azp", self._client_id) == self._client_id
        if not is_ours or caller.role == SERVICE:
            raise Unauthenticated
        return caller

    async def leaving(self) -> str | None:
        """Return where one signs out of the issuer too, if it says so."""
        try:
            end = await self._endpoint("end_session_endpoint")
        except Unavailable:
            return None
        return str(httpx.URL(end).copy_merge_params({"client_id": self._client_id}))

    async def _id_token(self, code: str, attempt: Attempt) -> str:
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.code_verifier,
        }
        endpoint = await self._endpoint("token_endpoint")
        try:
            answer = await self._client.post(endpoint, **self._signed(grant))
            if answer.is_client_error:
                log.warning("code_refused", status=answer.status_code)
                raise Unauthenticated
            return str(answer.raise_for_status().json()["id_token"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise _away() from error

    def _signed(self, grant: dict[str, str]) -> dict[str, Any]:
        """Return the grant with who we are, the two ways that RFC 6749 has in sections 2.3.1 and 3.2.1."""
        if self._secret is None:
            return {"data": {**grant, "client_id": self._client_id}}
        return {"data": grant, "auth": (quote_plus(self._client_id), quote_plus(self._secret.get_secret_value()))}

    async def _endpoint(self, name: str) -> str:
        try:
            return str((await discover(self.issuer, self._client))[name])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise _away() from error


def let_people_in(
    web: FastAPI, settings: Settings, *, verifier: Verifier, client: httpx.AsyncClient, clock: Callable[[], datetime]
) -> None:
    """Open the app's pages to those who sign in at the issuer, below `/<service>/sign-in`.

    Without a client of ours at the issuer nobody can sign in, and pages want a token.
    """
    if settings.session_key is None:
        web.state.sessions = None
        return
    service = web.state.service
    seal = Seal(decode_key(settings.session_key))
    sessions = web.state.sessions = BrowserSessions(service, seal, clock)
    attempts = SealedCookie(f"__Host-motesplats_attempt_{service}", Attempt, seal=seal, lifetime=PATIENCE, clock=clock)
    flow = CodeFlow(settings, service, verifier=verifier, client=client)
    web.include_router(
        _routes(flow, sessions, attempts, f"/{service}/"), prefix=sessions.sign_in, include_in_schema=False
    )


def _routes(flow: CodeFlow, sessions: BrowserSessions, attempts: SealedCookie[Attempt], home: str) -> APIRouter:
    router = APIRouter(dependencies=[open_to_all])

    @router.get("")
    async def begin(next: Annotated[str, Query(max_length=LONGEST_NEXT)] = home) -> Response:  # noqa: A002 - the word in the address
        state, nonce, code_verifier = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = Attempt(state, nonce, code_verifier, within(next, home))
        answer = RedirectResponse(await flow.address(attempt), 303)
        attempts.write(answer, attempt)
        return answer

    @router.get("/back")
    async def come_back(request: Request, state: str = "", code: str = "", iss: str | None = None) -> Response:
        attempt = attempts.read(request)
        if attempt is None or not code or not secrets.compare_digest(state.encode(), attempt.state.encode()):
            raise _refused()
        if iss not in (None, flow.issuer):
            raise _refused()
        try:
            caller = await flow.caller(code, attempt)
        except Unauthenticated as error:
            log.warning("sign_in_refused", exc_info=error)
            raise _refused() from None
        answer = RedirectResponse(attempt.then, 303)
        attempts.delete(answer)
        sessions.begin(answer, caller)
        return answer

    @router.post("/out")
    async def leave(request: Request) -> Response:
        if not from_our_pages(request):
            raise Forbidden("The form was not sent from our own pages.")
        answer = page(RUNTIME_PAGES, request, "signed_out.html", leaving=await flow.leaving())
        sessions.end(answer)
        return answer

    return router


def _refused() -> Unauthenticated:
    return Unauthenticated("Signing in did not succeed. Begin again.")


def _away() -> Unavailable:
    return Unavailable("The service where you sign in does not answer.")
