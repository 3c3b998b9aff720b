"""Who may make a call: the dependency that stands first in every route. Never whose data it is.

`allow` guards the API: a bearer token, and nothing else; a session cookie opens nothing there.
`signed_in` guards pages: a browser's session, or a bearer token. A form sent with a session must come from our own
pages. `Sec-Fetch-Site`, which no script can set, tells; `Origin` does in a browser too old for it; a client that
sends neither is no browser and holds nobody else's cookie.
`open_to_all` says that a route asks nobody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.runtime.errors import Forbidden, Refusal, Unauthenticated
from services.runtime.identity import ROLE_CLAIM, SERVICE, Caller, Verifier

SESSION_COOKIE: Final = "motesplats_session"
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Security(HTTPBearer(scheme_name="bearer", bearerFormat="JWT", auto_error=False)),
]


class Sessions(Protocol):
    """How a browser shows who signed in with it; the app keeps it as `state.sessions`, None if there is no way in."""

    @property
    def sign_in(self) -> str:
        """Where one signs in; `/out` below it is where one signs out."""

    async def caller(self, request: Request) -> Caller:
        """Return who signed in; Unauthenticated if nobody did, or too long ago."""


@dataclass(frozen=True, slots=True)
class TokenInCookie:
    """The sessions of the embedded mode: a token of its own issuer, as its sign-in page sets it."""

    sign_in: str

    async def caller(self, request: Request) -> Caller:
        """Return who holds the token; Unauthenticated unless it proves who that is."""
        return await _caller(request, request.cookies.get(SESSION_COOKIE, ""))


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
        request.state.caller = caller
        if caller.role not in self._roles:
            self._check_scope(caller)
        return caller

    def _check_scope(self, caller: Caller) -> None:
        if caller.role != SERVICE or self._scope is None:
            raise Forbidden("The caller's role may not make this call.")
        if self._scope not in caller.scope:
            challenge = f'Bearer error="insufficient_scope", scope="{self._scope}"'
            raise Forbidden("The token is not for this call.", {"WWW-Authenticate": challenge})


class PageGuard(Guard):
    """Lets people of these roles pass who signed in with a browser."""

    async def __call__(self, request: Request, bearer: Bearer) -> Caller:
        """Return the caller; a redirect to where one signs in, Unauthenticated for a form, or Forbidden."""
        if bearer is not None:
            return self._admit(request, await _caller(request, bearer.credentials))
        sessions: Sessions | None = request.app.state.sessions
        if sessions is None:
            raise Unauthenticated("Signing in is needed.")
        try:
            caller = await sessions.caller(request)
        except Unauthenticated:
            if request.method in SAFE_METHODS:
                raise SignInNeeded(sessions.sign_in, request.url.path) from None
            # No redirect: a browser would not follow a form to the issuer, which is not among its `form-action`.
            raise Unauthenticated("You are no longer signed in: nothing was saved.") from None
        if not from_our_pages(request):
            raise Forbidden("The form was not sent from our own pages.")
        return self._admit(request, caller)


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


def within(target: str, home: str) -> str:
    """Return where to go on to, on this site only, else home: a second slash of either kind leads away."""
    leads_away = not target.startswith("/") or target[1:2] in ("/", "\\") or not target.isprintable()
    return home if leads_away else target


async def _caller(request: Request, token: str) -> Caller:
    verifier: Verifier = request.app.state.verifier
    return await verifier.caller(token, service=request.app.state.service)
