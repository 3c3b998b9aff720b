"""The sign-in page of the embedded mode: people who do not exist, one click each. Never part of production."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict

from services.runtime.bodies import form
from services.runtime.errors import Forbidden, NotFound, Unauthenticated
from services.runtime.guards import SESSION_COOKIE, from_our_pages, open_to_all, within
from services.runtime.identity import ROLE_CLAIM
from services.runtime.issuer import WORKING_DAY, Issuer
from services.runtime.pages import RUNTIME_PAGES, page
from services.runtime.web import service_app

SIGN_IN: Final = "/sign-in"
HOME: Final = "/"


@dataclass(frozen=True, slots=True)
class Identity:
    """Someone to be with one click: the name is shown, the rest stands in the token."""

    name: str
    role: str
    on_behalf_of: str | None = None
    """The value of the claim that the role demands."""


class Chosen(BaseModel):
    """What the page's buttons send."""

    model_config = ConfigDict(extra="forbid")

    identity: str
    next: str = "/"


def sign_in_app(issuer: Issuer, identities: Sequence[Identity]) -> FastAPI:
    """Return the app of the sign-in page, at `/sign-in`."""
    router = APIRouter(dependencies=[open_to_all])

    @router.get("")
    async def choose(request: Request, next: str = "/") -> Response:  # noqa: A002 - the word in the address
        who = await _signed_in(request)
        known: dict[str, Any] = {"identities": identities, "caller": who, "next": within(next, HOME)}
        return page(RUNTIME_PAGES, request, "sign_in.html", language="en", **known)

    @router.post("")
    async def enter(request: Request, chosen: Annotated[Chosen, form(Chosen)]) -> Response:
        _refuse_others(request)
        if not chosen.identity.isdecimal() or int(chosen.identity) >= len(identities):
            raise NotFound
        identity = identities[int(chosen.identity)]
        claim = ROLE_CLAIM[identity.role]
        claims: dict[str, Any] = {claim: identity.on_behalf_of} if claim else {}
        answer = RedirectResponse(within(chosen.next, HOME), 303)
        token = issuer.token(identity.role, subject=identity.name, **claims)
        answer.set_cookie(
            SESSION_COOKIE, token, max_age=int(WORKING_DAY.total_seconds()), httponly=True, samesite="lax"
        )
        return answer

    @router.post("/out")
    async def leave(request: Request) -> Response:
        _refuse_others(request)
        answer = RedirectResponse(SIGN_IN, 303)
        answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
        return answer

    async def all_is_well() -> Sequence[str]:
        return ()

    return service_app(
        SIGN_IN.removeprefix("/"),
        "Sign in",
        verifier=issuer.verifier(),
        pages=[router],
        live=all_is_well,
        ready=all_is_well,
    )


def _refuse_others(request: Request) -> None:
    if not from_our_pages(request):
        raise Forbidden("The form was not sent from our own pages.")


async def _signed_in(request: Request) -> str | None:
    try:
        token = request.cookies.get(SESSION_COOKIE, "")
        caller = await request.app.state.verifier.caller(token, service=request.app.state.service)
    except Unauthenticated:
        return None
    return str(caller.subject)
