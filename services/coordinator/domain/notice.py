"""Whom a notice goes to, and when it is tried again. Never its words, never how it is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from schemas.vocabulary import ContactLanguage

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 15, 60, 300))
"""Before each further attempt; the last one from then on, for an outage of any length loses no notice."""
PATIENCE: Final = timedelta(days=2)
"""How long a mail server may say `later` of one address, before somebody else gets the seat."""
ATTEMPTS_UNTIL_HEARD_OF: Final = 5
"""How often a notice waits for a contact function of which we have not heard yet: about a minute."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a notice can go: an e-mail address and the language to write in."""

    email: str
    language: ContactLanguage


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that is due, and who could get it."""

    referral_id: UUID
    choice: int
    municipality: str
    contact_id: UUID | None
    about: dict[str, Any]
    """The activity as it was when the seat was reserved: the fields of SeatReserved that say it."""
    generation: int
    waiting_since: datetime
    attempts: int
    """This one included."""
    contact_is_known: bool
    contact: Address | None
    coordinator: Address | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """The notice goes there; without a contact function it is the municipality's coordinator."""

    address: Address
    contact_id: UUID | None


@dataclass(frozen=True, slots=True)
class Later:
    """The notice waits."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody gets the notice, for a reason that is a code; `contact_id` as in Recipient."""

    reason: str
    contact_id: UUID | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail server took the notice to whoever `contact_id` says; None for the coordinator."""

    contact_id: UUID | None


Outcome = Sent | Later | Unreachable


def recipient_of(due: Due) -> Recipient | Later | Unreachable:
    """Return who is asked: the contact function, or the coordinator where there is none that reads mail."""
    if due.contact is not None:
        return Recipient(due.contact, due.contact_id)
    if due.contact_id is not None and not due.contact_is_known and due.attempts <= ATTEMPTS_UNTIL_HEARD_OF:
        return Later()
    if due.coordinator is not None:
        return Recipient(due.coordinator, None)
    return Unreachable("no_contact", None)


def next_attempt(attempts: int, now: datetime) -> datetime:
    """Return when the notice is tried again, after so many attempts."""
    return now + PAUSES[min(attempts, len(PAUSES)) - 1]


def is_given_up(waiting_since: datetime, now: datetime) -> bool:
    """Tell whether a mail server has said `later` for too long."""
    return now - waiting_since > PATIENCE
