"""Our copy of a contact function: the role that is notified for an activity. Never a person's own address."""

from dataclasses import dataclass
from uuid import UUID

from schemas.vocabulary import ContactLanguage


@dataclass(frozen=True, slots=True)
class ContactFunction:
    """A contact function as last heard of; of a removed one only id and sequence are known."""

    contact_id: UUID
    sequence: str
    """Of the event that told this; later ones sort higher."""
    municipality: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: ContactLanguage | None = None
