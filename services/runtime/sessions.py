"""What a browser keeps of somebody who signed in: who they are, under our own seal. Never a token of the issuer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from fastapi import Request, Response
from pydantic import TypeAdapter

from services.runtime.errors import Unauthenticated
from services.runtime.identity import Caller
from services.runtime.sealing import Seal

LIFETIME: Final = timedelta(hours=1)
NAME: Final = "__Host-motesplats_session"
"""Browsers take a cookie of such a name over TLS only, from this very host, for all of its paths."""
T = TypeVar("T")


class SealedCookie(Generic[T]):
    """A cookie that only who has the key can write and read."""

    def __init__(
        self, name: str, kind: type[T], *, seal: Seal, lifetime: timedelta, clock: Callable[[], datetime]
    ) -> None:
        """Take what the cookie holds: a type that Pydantic can write as JSON."""
        self._name, self._seal, self._lifetime, self._clock = name, seal, lifetime, clock
        self._form = TypeAdapter(tuple[datetime, kind])  # type: ignore[valid-type]  # known when the program runs

    def read(self, request: Request) -> T | None:
        """Return what the browser brings back; None if there is nothing, it is not ours, or it is too old."""
        try:
            sealed = bytes.fromhex(request.cookies.get(self._name, ""))
            until, value = self._form.validate_json(self._seal.open(sealed, self._name.encode()))
        except (ValueError, InvalidTag):
            return None
        return value if self._clock() < until else None

    def write(self, answer: Response, value: T) -> None:
        """Have the browser keep the value, out of reach of scripts and of forms on other sites."""
        known = self._form.dump_json((self._clock() + self._lifetime, value))
        sealed = self._seal.close(known, self._name.encode()).hex()
        seconds = int(self._lifetime.total_seconds())
        answer.set_cookie(self._name, sealed, max_age=seconds, secure=True, httponly=True, samesite="lax")

    def delete(self, answer: Response) -> None:
        """Have the browser forget it."""
        answer.delete_cookie(self._name, secure=True, httponly=True, samesite="lax")


class BrowserSessions:
    """Whoever signed in at the issuer, for an hour and for all services: a page's form may go to another one's page."""

    def __init__(self, service: str, seal: Seal, clock: Callable[[], datetime]) -> None:
        self.sign_in = f"/{service}/sign-in"
        self._cookie = SealedCookie(NAME, Caller, seal=seal, lifetime=LIFETIME, clock=clock)

    async def caller(self, request: Request) -> Caller:
        """Return who signed in; Unauthenticated if nobody did, or too long ago."""
        caller = self._cookie.read(request)
        if caller is None:
            raise Unauthenticated
        return caller

    def begin(self, answer: Response, caller: Caller) -> None:
        """Have the browser keep who signed in."""
        self._cookie.write(answer, caller)

    def end(self, answer: Response) -> None:
        """Have the browser forget who signed in."""
        self._cookie.delete(answer)
