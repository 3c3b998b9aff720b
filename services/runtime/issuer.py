"""The embedded token issuer, for one machine only. Never part of production: it gives anyone any role."""

import ipaddress
import json
import os
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.runtime.identity import AUDIENCE, Verifier
from services.runtime.keys import GivenKeys

ISSUER: Final = "urn:motesplats:embedded"
ALGORITHM: Final = "ES256"
KEY_FILE: Final = "issuer-key.json"
WORKING_DAY: Final = timedelta(hours=8)


class NotLoopback(Exception):  # noqa: N818 - says what is wrong better than any word with Error
    """The embedded issuer was asked to serve an address that others can reach."""


class Issuer:
    """Signs tokens with a key that is kept in the folder, so that they survive a restart."""

    def __init__(self, folder: Path, *, bind: str) -> None:
        """Take the folder of the embedded mode and the address that the pages listen on.

        NotLoopback unless that address is one that only this machine can reach.
        """
        if not is_loopback(bind):
            raise NotLoopback("the embedded issuer serves loopback addresses only")
        self._key = _kept_key(folder / KEY_FILE)

    def token(
        self,
        role: str,
        *,
        subject: str | None = None,
        audience: str = AUDIENCE,
        lifetime: timedelta = WORKING_DAY,
        **claims: str,
    ) -> str:
        """Return a signed token; the claims are those that the role demands, such as `centre="hsa:SE1"`."""
        now = int(time.time())
        payload = {
            "iss": ISSUER,
            "sub": subject or f"test-{role}",
            "aud": audience,
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
            "jti": secrets.token_hex(8),
            "role": role,
            **claims,
        }
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, payload, self._key)

    def jwks(self) -> KeySet:
        """Return the public key, as a set."""
        return KeySet([ECKey.import_key(self._key.as_dict(private=False))])

    def verifier(self) -> Verifier:
        """Return a verifier of this issuer's tokens."""
        return Verifier(issuer=ISSUER, keys=GivenKeys(self.jwks()))


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _kept_key(file: Path) -> ECKey:
    """Return the key in the file, made if there is none; of two processes that start, one makes it."""
    if not file.exists():
        key = ECKey.generate_key("P-256", auto_kid=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
            written.write(json.dumps(key.as_dict(private=True)))
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return ECKey.import_key(json.loads(file.read_text()))
