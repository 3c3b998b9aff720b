"""What a request may be refused with, and nothing of how it is written down.

    Refusal
    ├── Unauthenticated  401  no token, or one that proves nothing
    ├── Forbidden        403  we know who asks, and they may not
    ├── NotFound         404  also for what belongs to someone else
    ├── Conflict         409  the state, or an earlier request, does not allow it
    ├── Gone             410  it was here and will not come back
    ├── TooLarge         413
    ├── WrongMediaType   415
    ├── TooMany          429  wrong guesses, for now
    └── Unavailable      503  something we need is away; try again

What breaks a rule field by field is `schemas.strict.Invalid`, 422.
"""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A request is answered with this status; the detail is a sentence without any value."""

    status = 400

    def __init__(self, detail: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})


class Unauthenticated(Refusal):
    """No token, or one that proves nothing."""

    status = 401

    def __init__(self, detail: str = "A bearer token is needed.", error: str | None = None) -> None:
        challenge = "Bearer" if error is None else f'Bearer error="{error}"'
        super().__init__(detail, {"WWW-Authenticate": challenge})


class Forbidden(Refusal):
    """We know who asks, and they may not."""

    status = 403


class NotFound(Refusal):
    """There is no such thing, or it belongs to someone else."""

    status = 404


class Conflict(Refusal):
    """The state, or an earlier request, does not allow it."""

    status = 409


class Gone(Refusal):
    """It was here and will not come back."""

    status = 410


class TooLarge(Refusal):
    """The body is larger than we take."""

    status = 413


class WrongMediaType(Refusal):
    """The body is not of the type that is taken here."""

    status = 415


class TooMany(Refusal):
    """Wrong guesses came too often; try again after so long."""

    status = 429

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            "Too many wrong attempts; try again in a while.", {"Retry-After": str(ceil(wait.total_seconds()))}
        )


class Unavailable(Refusal):
    """Something we need is away; try again in a few seconds."""

    status = 503

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, {"Retry-After": "5"})
