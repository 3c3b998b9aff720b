"""How a participant is reached: encrypted under a key of this participant, which the master key wraps.

Forgetting the wrapped key forgets the contact data, wherever a copy of the row may lie. Never a log line from here.
"""

import hashlib
import os
from dataclasses import dataclass

from schemas.referral import Contact
from services.runtime.sealing import Seal

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Locked:
    """Contact data as it is stored: which master key wraps the participant's key, that key, and what it hides."""

    master_key_id: str
    wrapped_key: bytes
    contact: bytes


class Safe:
    """Locks and opens contact data with the master key, 32 bytes."""

    def __init__(self, master_key: bytes) -> None:
        self._master = Seal(master_key)
        self.master_key_id = hashlib.blake2b(b"id", key=master_key, digest_size=4).hexdigest()

    def lock(self, contact: Contact, whose: str, wrapped_key: bytes | None) -> Locked:
        """Encrypt the contact data under the participant's key, made now if there is none yet."""
        context = whose.encode()
        if wrapped_key is None:
            wrapped_key = self._master.close(os.urandom(KEY_BYTES), context)
        key = Seal(self._master.open(wrapped_key, context))
        return Locked(self.master_key_id, wrapped_key, key.close(contact.model_dump_json().encode(), context))

    def open(self, wrapped_key: bytes, contact: bytes, whose: str) -> Contact:
        """Return the contact data; cryptography's InvalidTag when they are another participant's."""
        context = whose.encode()
        return Contact.model_validate_json(Seal(self._master.open(wrapped_key, context)).open(contact, context))

    def digest(self, contact: Contact | None) -> bytes | None:
        """Return 16 bytes that are equal for equal contact data and tell nothing without the key."""
        return None if contact is None else self._master.digest(contact.model_dump_json().encode())
