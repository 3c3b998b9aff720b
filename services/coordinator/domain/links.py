"""Answer links: how the token of an invitation is made. Never stored: only its hash is."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

DIGEST: Final = "digest"
"""How the Message-ID of a mail with many notices begins; it ends as that of one of them."""
HASH_OCTETS_SHOWN: Final = 16
"""Half of a link's hash: enough to find a notice by its Message-ID."""


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """The secret that lets a contact function answer one invitation: 256 bits."""

    token: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        """The token's SHA-256, by which the invitation is found."""
        return hash_of(self.token)

    def message_id(self, host: str) -> str:
        """Return the Message-ID of the first notice: the same for the same link, and it tells nothing of it."""
        return f"<invitation-{self.hash[:HASH_OCTETS_SHOWN].hex()}@{host}>"


def answer_link(key: bytes, referral_id: UUID, choice: int, generation: int) -> AnswerLink:
    """Return the link of an invitation; the same every time, so that a repeated notice holds the same.

    Whoever it was sent to, also the coordinator for a function that none could reach: a handover alone makes another.
    """
    what = f"{referral_id}/{choice}/{generation}".encode()
    return AnswerLink(urlsafe_b64encode(hmac.digest(key, what, "sha256")).rstrip(b"=").decode())


def hash_of(token: str) -> bytes:
    """Return the SHA-256 of a token that somebody shows us."""
    return hashlib.sha256(token.encode()).digest()


def mark_of(what: str, to: str) -> bytes:
    """Return by which 16 octets it is known that this was handed over for this address; they tell neither."""
    return hashlib.blake2b(f"{what}\x1f{to}".encode(), digest_size=16).digest()


def function_link(key: bytes, *what: str) -> str:
    """Return the token, 256 bits, of a link that is kept nowhere; the same for the same."""
    return (
        urlsafe_b64encode(hmac.digest(key, "\x1f".join(("function", *what)).encode(), "sha256")).rstrip(b"=").decode()
    )


def is_function_link(token: str, key: bytes, *what: str) -> bool:
    """Tell whether the token is that of this link, in the same time whatever it is."""
    return hmac.compare_digest(token.encode(), function_link(key, *what).encode())
