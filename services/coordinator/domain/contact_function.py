"""Our copy of a contact function, and who answers for it at a moment. Never when or how they are told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from uuid import UUID

from schemas.vocabulary import ContactLanguage

Channel = Literal["email", "sms", "webhook"]
BY_MAIL: Final = frozenset[Channel]({"email"})


@dataclass(frozen=True, slots=True)
class Person:
    """The holder or a deputy: where they are reached themselves, and the days, inclusive, on which they are away."""

    email: str | None = None
    phone: str | None = None
    absences: tuple[tuple[date, date], ...] = ()

    def is_away(self, on: date) -> bool:
        """Tell whether the person is away that day."""
        return any(first <= on <= last for first, last in self.absences)


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
    people: tuple[Person, ...] = ()
    """The holder, then the deputies in order; empty where nobody is named and the function speaks for itself."""
    paused_until: date | None = None
    webhook: str | None = None

    def is_paused(self, on: date) -> bool:
        """Tell whether the function asks not to be asked that day."""
        return self.paused_until is not None and on <= self.paused_until


@dataclass(frozen=True, slots=True)
class InCharge:
    """Who answers, and where they are reached; `place` 0 is the holder, n the n-th deputy."""

    place: int
    email: str | None
    phone: str | None
    webhook: str | None = None

    def reached_by(self, channels: Collection[Channel]) -> tuple[Channel, str] | None:
        """Return how they are told: by webhook before e-mail before phone; None if not by these channels."""
        ways: tuple[tuple[Channel, str | None], ...] = (
            ("webhook", self.webhook),
            ("email", self.email),
            ("sms", self.phone),
        )
        return next(((channel, to) for channel, to in ways if to is not None and channel in channels), None)


def in_charge(
    function: ContactFunction,
    on: date,
    *,
    after: int = -1,
    bounced: Collection[str] = (),
    channels: Collection[Channel] = BY_MAIL,
) -> InCharge | None:
    """Return who answers for the function that day: the first, behind the place `after`, who is there and reached.

    When nobody is, it is the function itself, whose mailbox somebody may still read; behind a place, nobody.
    """
    people = function.people or (Person(),)
    for place, person in enumerate(people):
        found = _reached(function, place, person)
        if place > after and not person.is_away(on) and not _bounces(found, bounced, channels):
            return found
    return _reached(function, 0, people[0]) if after < 0 else None


def _bounces(found: InCharge, bounced: Collection[str], channels: Collection[Channel]) -> bool:
    reached = found.reached_by(channels)
    return reached is not None and reached[1] in bounced


def at_place(function: ContactFunction, place: int) -> InCharge | None:
    """Return who has the place in the order, away or not; None if nobody has it any more."""
    people = function.people or (Person(),)
    return _reached(function, place, people[place]) if place < len(people) else None


def is_handed_over(before: ContactFunction, now: ContactFunction, place: int, on: date) -> bool:
    """Tell whether what was told to a place is somebody else's now.

    It is where whoever answers that day is reached elsewhere than before, unless that is who was told.
    """
    answers = _address(in_charge(now, on))
    return answers not in (_address(in_charge(before, on)), _address(at_place(before, place)))


def has_left(before: ContactFunction, now: ContactFunction, place: int) -> bool:
    """Tell whether who was told, at a place, is nobody of the function any more, or reached elsewhere."""
    told, places = at_place(before, place), range(max(1, len(now.people)))
    return told is not None and all(_address(told) != _address(at_place(now, each)) for each in places)


def _address(found: InCharge | None) -> tuple[str | None, ...]:
    return (found.email, found.phone, found.webhook) if found else ()


def _reached(function: ContactFunction, place: int, person: Person) -> InCharge:
    """The function's own mailbox, phone and webhook are the holder's; a deputy without an address reads them too."""
    if place > 0 and (person.email or person.phone):
        return InCharge(place, person.email, person.phone)
    return InCharge(place, function.email or person.email, function.phone or person.phone, function.webhook)
