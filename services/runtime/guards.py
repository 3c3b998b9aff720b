"""Who may make a call: the dependency that stands first in every route. Never whose data it is.

`allow` guards the API: a bearer token, and nothing else; a session cookie opens nothing there.
`signed_in` guards pages: the session cookie of the sign-in page, or a bearer token. A form sent with the
cookie must come from our own pages. `Sec-Fetch-Site`, which no script can set, tells; `Origin` does in a
browser too old for it; a client that sends neither is no browser and holds nobody else's cookie.
`open_to_all` says that a route asks nobody.
"""

from collections.abc import Collection
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from services.runtime.errors import Forbidden, Refusal, Unauthenticated
from services.runtime.identity import ROLE_CLAIM, SERVICE, Caller, Verifier

SESSION_COOKIE: Final = "motesplats_session"
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(HTTPBearer(scheme_name="bearer", bearerFormat="JWT", auto_error=False)),
]
Session = Annotated[str | None, Security(APIKeyCookie(scheme_name="session", name=SESSION_COOKIE, auto_error=False))]


class SignInNeeded(Refusal):
    """A page is asked for by nobody that we know: go and sign in."""

    status = 303

    def __init__(self, sign_in: str, back_to: str) -> None:
        super().__init__(None, {"Location": f"{sign_in}?next={quote(back_to, safe='/')}"})


class Guard:
    """Lets callers of these roles pass, and services whose token names this call."""

    def __init__(self, roles: Collection[str], scope: str | None) -> None:
        unknown = set(roles) - set(ROLE_CLAIM) | ({SERVICE} & set(roles))
        if unknown or not (roles or scope):
            raise ValueError(f"not a role that can be allowed: {sorted(unknown)}")
        self._roles = frozenset(roles)
        self._scope = scope

    async def __call__(self, request: Request, bearer: Bearer) -> Caller:
        """Return the caller; Unauthenticated or Forbidden."""
        if bearer is None:
            raise Unauthenticated
        return self._admit(request, await _caller(request, bearer.credentials))

    def _admit(self, request: Request, caller: Caller) -> Caller:
        if caller.role not in self._roles:
            self._check_scope(caller)
        request.state.caller = caller
        return caller

    def _check_scope(self, caller: Caller) -> None:
        if caller.role != SERVICE or self._scope is None:
            raise Forbidden("The caller's role may not make this call.")
        if self._scope not in caller.scope:
            challenge = f'Bearer error="insufficient_scope", scope="{self._scope}"'
            raise Forbidden("The token is not for this call.", {"WWW-Authenticate": challenge})


class PageGuard(Guard):
    """Lets people of these roles pass who signed in with a browser."""

    async def __call__(  # type: ignore[override]  # FastAPI fills in what the signature asks for
        self, request: Request, bearer: Bearer, session: Session
    ) -> Caller:
        """Return the caller; a redirect to the sign-in page, or Forbidden."""
        if bearer is not None:
            return self._admit(request, await _caller(request, bearer.credentials))
        if session is None:
            raise self._sign_in(request)
        if not from_our_pages(request):
            raise Forbidden("The form was not sent from our own pages.")
        try:
            caller = await _caller(request, session)
        except Unauthenticated:
            raise self._sign_in(request) from None
        return self._admit(request, caller)

    def _sign_in(self, request: Request) -> Refusal:
        sign_in: str | None = request.app.state.sign_in
        if sign_in is None:
            return Unauthenticated("Signing in is needed.")
        return SignInNeeded(sign_in, request.url.path if request.method == "GET" else "/")


def allow(*roles: str, scope: str | None = None) -> Any:  # noqa: ANN401 - FastAPI's Depends is Any too
    """Return the dependency that gives the Caller: one of the roles, or a service with a token for `scope`."""
    return Depends(Guard(roles, scope))


def signed_in(*roles: str) -> Any:  # noqa: ANN401 - as above
    """Return the dependency of a page that gives the Caller, of one of the roles."""
    return Depends(PageGuard(roles, None))


def _open_to_all() -> None:
    """Ask nobody."""


open_to_all: Final = Depends(_open_to_all)
"""For `dependencies=[open_to_all]`: the public catalogue, answer links, health."""


def says_who_may_call(call: object) -> bool:
    """Tell whether a dependency is one of these guards."""
    return isinstance(call, Guard) or call is _open_to_all


def from_our_pages(request: Request) -> bool:
    """Tell whether a request that a browser sent, cookie and all, comes from a page of ours."""
    if request.method in SAFE_METHODS:
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _caller(request: Request, token: str) -> Caller:
    verifier: Verifier = request.app.state.verifier
    return await verifier.caller(token, service=request.app.state.service)
