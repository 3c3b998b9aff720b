"""A token issuer where people sign in with a browser: authorize, token, discovery, as strict as the standards are."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

from joserfc import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bench.issuer import BenchIssuer
from services.runtime.embedded.child import free_port
from services.runtime.web import server
from tests.support.waiting import until

CLIENT_ID = "pages"
CLIENT_SECRET = "a secret: with + signs"


class SignInIssuer(BenchIssuer):
    """Signs in whoever is told to sit at the browser, without asking for a password."""

    def __init__(self, url: str, redirect_uri: str) -> None:
        """Take the address that it is served at, and the only one that it sends codes to."""
        super().__init__(url)
        self.redirect_uri = redirect_uri
        self.person: dict[str, Any] | None = None
        """The claims of whoever sits at the browser; without one, signing in is refused."""
        self.altered: dict[str, Any] = {}
        """What the next ID tokens say instead of the truth."""
        self.secret: str | None = CLIENT_SECRET
        self.is_away = False
        self.heard: list[str] = []
        """Every address that was asked for, as an access log has it."""
        self._given: dict[str, Mapping[str, Any]] = {}
        self.app.router.routes[:] = [route for route in self.app.routes if getattr(route, "path", "") != "/token"]
        self.app.router.routes += [
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
        ]

    async def _metadata(self, _request: Request) -> JSONResponse:
        if self.is_away:
            return JSONResponse({}, 503)
        places = {
            "authorization_endpoint": f"{self.url}/authorize?realm=a",
            "token_endpoint": f"{self.url}/token",
            "end_session_endpoint": f"{self.url}/leave",
        }
        return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **places})

    async def _authorize(self, request: Request) -> Response:
        self.heard.append(str(request.url))
        asked = dict(request.query_params)
        demanded = {
            "realm": "a",
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "code_challenge_method": "S256",
        }
        if any(asked.get(name) != value for name, value in demanded.items()) or not asked.get("code_challenge"):
            return Response("not an address that this issuer sends codes to", 400)
        if self.person is None:
            return self._back(error="access_denied", error_description="4711", state=asked["state"])
        code = secrets.token_urlsafe(16)
        self._given[code] = {**asked, "person": self.person}
        return self._back(code=code, state=asked["state"], iss=self.url)

    def _back(self, **query: str) -> Response:
        return RedirectResponse(f"{self.redirect_uri}?{urlencode(query)}", 302)

    async def _token(self, request: Request) -> JSONResponse:
        self.heard.append(str(request.url))
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if not self._is_our_client(request, form):
            return JSONResponse({"error": "invalid_client"}, 401)
        given = self._given.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            form["grant_type"] != "authorization_code"
            or given is None
            or given["code_challenge"] != challenge
            or given["redirect_uri"] != form["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": self._id_token(given)})

    def _is_our_client(self, request: Request, form: Mapping[str, str]) -> bool:
        if self.secret is None:
            return form.get("client_id") == CLIENT_ID and "authorization" not in request.headers
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        shown = [unquote_plus(part) for part in base64.b64decode(told).decode().split(":", 1)]
        return (scheme, shown) == ("Basic", [CLIENT_ID, self.secret])

    def _id_token(self, given: Mapping[str, Any]) -> str:
        token = self.token(given["person"]["role"], audience=CLIENT_ID, nonce=given["nonce"])
        claims = jwt.decode(token, self.key, algorithms=["ES256"]).claims | given["person"] | self.altered
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, claims, self.key)


@asynccontextmanager
async def sign_in_issuer(redirect_uri: str) -> AsyncIterator[SignInIssuer]:
    """Serve an issuer over HTTP on a port of its own."""
    port = free_port()
    issuer = SignInIssuer(f"http://127.0.0.1:{port}", redirect_uri)
    web = server(issuer.app, host="127.0.0.1", port=port)
    serving = asyncio.create_task(web._serve())
    await until(lambda: web.started)
    yield issuer
    web.should_exit = True
    await serving
