"""Who calls: what a bearer token proves. Never what the caller may do; that is said at each call."""

from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from services.runtime.errors import Unauthenticated
from services.runtime.keys import Keys

ALGORITHMS: Final = ("ES256", "PS256", "RS256", "Ed25519")
"""Asymmetric only: a public key must never pass for a shared secret."""
LEEWAY_SECONDS: Final = 30
AUDIENCE: Final = "motesplats"
"""What people's tokens are for; a service's token names the service instead."""
SERVICE: Final = "service"
ROLE_CLAIM: Final = {
    "centre": "centre",
    "coach": "centre",
    "coordinator": "municipality",
    "organiser": "organiser",
    "region": None,
    "operator": None,
    SERVICE: "scope",
}
"""The roles, and the claim that each must carry."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and on whose behalf. What the role does not demand may be None."""

    subject: str
    role: str
    centre: str | None = None
    municipality: str | None = None
    organiser: str | None = None
    audience: tuple[str, ...] = ()
    scope: frozenset[str] = frozenset()
    locale: str | None = None
    """The language that the issuer knows they prefer (the claim `locale` of OIDC)."""


class Verifier:
    """Turns a token into a caller, or refuses it."""

    def __init__(self, *, issuer: str, keys: Keys) -> None:
        """Take the issuer as its tokens name it (`iss`)."""
        self._keys = keys
        self._claims = JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            sub={"essential": True},
            aud={"essential": True},
            exp={"essential": True},
        )

    async def caller(self, token: str, *, service: str) -> Caller:
        """Return who holds the token; Unauthenticated unless every claim stands, for this service."""
        claims = await self.claims(token)
        return caller_of(claims, audience=service if claims.get("role") == SERVICE else AUDIENCE)

    async def claims(self, token: str) -> dict[str, Any]:
        """Return what the issuer signed; Unauthenticated unless it did, and the token has not expired."""
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
            keys = await self._keys.for_kid(kid if isinstance(kid, str) else None)
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise _refused() from error
        return claims


def caller_of(claims: dict[str, Any], *, audience: str) -> Caller:
    """Return whom a verified token's claims name; Unauthenticated if one is missing or it is for somebody else."""
    role = _text(claims, "role")
    if role is None or role not in ROLE_CLAIM:
        raise _refused()
    demanded = ROLE_CLAIM[role]
    if demanded and _text(claims, demanded) is None:
        raise _refused()
    audiences = (claims["aud"],) if isinstance(claims["aud"], str) else tuple(claims["aud"])
    if audience not in audiences:
        raise _refused()
    locale = claims.get("locale")
    return Caller(
        subject=claims["sub"],
        role=role,
        centre=_text(claims, "centre"),
        municipality=_text(claims, "municipality"),
        organiser=_text(claims, "organiser"),
        audience=audiences,
        scope=frozenset((_text(claims, "scope") or "").split()),
        locale=locale if isinstance(locale, str) else None,
    )


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise _refused()
    return value


def _refused() -> Unauthenticated:
    return Unauthenticated("The bearer token does not prove who calls.", "invalid_token")
