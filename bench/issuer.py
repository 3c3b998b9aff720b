"""A token issuer over HTTP, as production has one: discovery, keys, client credentials."""

import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

LIFETIME = 3600


class BenchIssuer:
    """Signs for this run alone."""

    def __init__(self, url: str) -> None:
        """Take the address that it is served at."""
        self.url = url
        self.key = ECKey.generate_key("P-256", auto_kid=True)
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/keys", self._keys),
                Route("/token", self._grant, methods=["POST"]),
            ]
        )

    def token(self, role: str, *, audience: str = "motesplats", **claims: str) -> str:
        """Return a token."""
        now = int(time.time())
        payload: dict[str, Any] = {"iss": self.url, "sub": f"bench-{role}", "aud": audience, "iat": now}
        payload |= {"exp": now + LIFETIME, "role": role, **claims}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, payload, self.key)

    async def _metadata(self, _request: Request) -> JSONResponse:
        return JSONResponse({"issuer": self.url, "jwks_uri": f"{self.url}/keys", "token_endpoint": f"{self.url}/token"})

    async def _keys(self, _request: Request) -> JSONResponse:
        return JSONResponse(KeySet([ECKey.import_key(self.key.as_dict(private=False))]).as_dict())

    async def _grant(self, request: Request) -> JSONResponse:
        form = await request.form()
        token = self.token("service", audience=str(form["audience"]), scope=str(form["scope"]))
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME})
