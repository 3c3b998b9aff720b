"""Sealing values while they wait, and a keyed hash that tells whether two values are the same."""

import hashlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Seal:
    """Seals with the service's key, 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._digest_key = hashlib.blake2b(b"digest", key=key).digest()

    def close(self, value: bytes, context: bytes) -> bytes:
        """Return the value encrypted, bound to its context: it opens with the same context only."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Return the value; cryptography's InvalidTag when key or context is another."""
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)

    def digest(self, value: bytes | None) -> bytes:
        """Return 16 bytes that are equal for equal values and tell nothing without the key."""
        return hashlib.blake2b(b"" if value is None else b"\x01" + value, key=self._digest_key, digest_size=16).digest()
