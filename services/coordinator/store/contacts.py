"""Reads and writes our copies of contact functions. Decides nothing."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.coordinator import tables
from services.coordinator.domain.contact_function import ContactFunction, Person
from services.runtime.connection import Connection, Row
from services.runtime.database import write_rows

COLUMNS: Final = ContactFunction.__slots__
_LOCK = text(
    f"select {', '.join(COLUMNS)} from contact_function where contact_id = any(:ids) order by contact_id for update"
)
_ONE = text(f"select {', '.join(COLUMNS)} from contact_function where contact_id = :contact_id")
_OPEN = text(
    "select referral_id from invitation where contact_id = any(:ids) and state in ('notified', 'accepted') union "
    "select referral_id from invitation where contact_id = any(:ids) and state = 'reserved' and attempts > 0 "
    "and notice_at > cast(:now as timestamptz) and notice_at < cast(:now as timestamptz) + interval '10 minutes'"
)
"""And those of which the notice may be on its way: a lease is shorter."""


async def lock_contacts(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, ContactFunction]:
    """Read and lock the contact functions of these ids."""
    rows = (await connection.execute(_LOCK, {"ids": list(ids)})).all()
    return {row.contact_id: contact_of(row) for row in rows}


async def find_contact(connection: Connection, contact_id: UUID) -> ContactFunction | None:
    """Return the contact function, None if we have never heard of it."""
    row = (await connection.execute(_ONE, {"contact_id": contact_id})).one_or_none()
    return None if row is None else contact_of(row)


async def open_referrals(connection: Connection, ids: Iterable[UUID], now: datetime) -> list[UUID]:
    """Return the referrals of which one of the contact functions was asked or is being asked, or expects somebody."""
    return await connection.scalars(_OPEN, {"ids": list(ids), "now": now})


async def save_contacts(connection: Connection, contacts: Iterable[ContactFunction]) -> None:
    """Write contact functions as they are now."""
    await write_rows(connection, tables.contact_function, [_row(contact) for contact in contacts])


def contact_of(row: Row, prefix: str = "") -> ContactFunction:
    """Return the contact function of a row, whose columns may have a prefix."""
    told = {name: getattr(row, f"{prefix}{name}") for name in COLUMNS}
    return ContactFunction(**told | {"people": tuple(_person(person) for person in told["people"] or ())})


def _row(contact: ContactFunction) -> dict[str, Any]:
    people = [
        {
            "email": person.email,
            "phone": person.phone,
            "absences": [[first.isoformat(), last.isoformat()] for first, last in person.absences],
        }
        for person in contact.people
    ]
    return {name: getattr(contact, name) for name in COLUMNS} | {"people": people or None}


def _person(told: dict[str, Any]) -> Person:
    absences = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in told["absences"]]
    return Person(told["email"], told["phone"], tuple(absences))
