"""Contact functions: written, read and removed. Never who may."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from schemas.activities import ContactFunctionChanged
from services.activities import tables
from services.runtime.connection import Connection, Row
from services.runtime.database import write_rows
from services.runtime.transaction import Transaction

_LOCK = text("select * from contact_function where contact_id = any(:ids) order by contact_id for update")
_ONE = text("select * from contact_function where contact_id = :contact_id")
_KEPT = text(
    "select * from contact_function where municipality = :municipality and document is not null "
    "and contact_id > :after order by contact_id limit :limit"
)
_DEPENDENCE = text(
    "select count(*) as activities, count(*) filter (where c.document is null) as without_contact_function, "
    "count(*) filter (where coalesce(jsonb_array_length(c.document -> 'deputies'), 0) = 0) as on_one_person, "
    "round(avg((coalesce(jsonb_array_length(c.document -> 'deputies'), 0) = 0)::integer), 2)::float8 "
    "as share_on_one_person "
    "from activity a left join contact_function c on c.contact_id = (a.document::jsonb ->> 'contact_id')::uuid "
    "where a.municipality = :municipality and a.status = 'published'"
)
_AFTER = text("select * from contact_function where contact_id > :after order by contact_id limit :limit for update")


@dataclass(slots=True)
class ContactFunction:
    """A contact function as it is kept; `present` is None when it is not known, or was removed.

    What was removed keeps its row: it counts the events of its key.
    """

    contact_id: UUID
    municipality: str | None = None
    present: ContactFunctionChanged | None = None
    sequence: int = 0


@dataclass(slots=True)
class Contacts:
    """The contact functions of one transaction, locked, and those of them that become something else."""

    tx: Transaction
    contacts: dict[UUID, ContactFunction] = field(default_factory=dict)
    changed: dict[UUID, ContactFunction] = field(default_factory=dict)

    def contact(self, contact_id: UUID) -> ContactFunction:
        """Return the contact function as it is kept; one never heard of is empty."""
        return self.contacts.setdefault(contact_id, ContactFunction(contact_id))

    def become(self, contact: ContactFunction, said: ContactFunctionChanged, *, announced: bool = False) -> None:
        """Have the contact function be this from now on, and announce it unless it was."""
        contact.present, contact.municipality = said, said.municipality
        self.changed[contact.contact_id] = contact
        if not announced:
            self.announce(contact)

    def remove(self, contact: ContactFunction, *, announced: bool = False) -> None:
        """Have the contact function be no more, and announce it unless it was."""
        contact.present = None
        self.changed[contact.contact_id] = contact
        if not announced:
            self.announce(contact)

    def announce(self, contact: ContactFunction) -> None:
        """Announce the whole present state of the contact function."""
        self.changed[contact.contact_id] = contact
        if contact.present:
            self.tx.announce(contact, contact.present)
        else:
            self.tx.remove(contact, ContactFunctionChanged, str(contact.contact_id))


async def load_contacts(tx: Transaction, ids: Iterable[UUID]) -> Contacts:
    """Lock the contact functions of these ids."""
    return _contacts(tx, await tx.connection.execute(_LOCK, {"ids": list(ids)}))


async def load_contacts_after(tx: Transaction, after: UUID, limit: int) -> Contacts:
    """Lock the next contact functions by id, removed ones among them."""
    return _contacts(tx, await tx.connection.execute(_AFTER, {"after": after, "limit": limit}))


def _contacts(tx: Transaction, rows: Iterable[Row]) -> Contacts:
    return Contacts(tx, {row.contact_id: _contact(row) for row in rows})


async def save_contacts(contacts: Contacts) -> None:
    """Write what changed."""
    rows = [_row(contact) for _, contact in sorted(contacts.changed.items())]
    await write_rows(contacts.tx.connection, tables.contact_function, rows)


def _row(contact: ContactFunction) -> dict[str, Any]:
    return {
        "contact_id": contact.contact_id,
        "municipality": contact.municipality,
        "document": contact.present.model_dump(mode="json") if contact.present else None,
        "sequence": contact.sequence,
    }


def _contact(row: Row) -> ContactFunction:
    present = row.document and ContactFunctionChanged.model_validate({**row.document, "contact_id": row.contact_id})
    return ContactFunction(row.contact_id, row.municipality, present, row.sequence)


async def find_contact(connection: Connection, contact_id: UUID) -> ContactFunctionChanged | None:
    """Return the contact function, None if there is none or it was removed."""
    row = (await connection.execute(_ONE, {"contact_id": contact_id})).one_or_none()
    return _contact(row).present if row else None


async def contacts_kept(
    connection: Connection, municipality: str, *, after: UUID | None, limit: int
) -> list[ContactFunctionChanged]:
    """Return the municipality's contact functions by id, those after an id."""
    values = {"municipality": municipality, "after": after or UUID(int=0), "limit": limit}
    contacts = [_contact(row) for row in await connection.execute(_KEPT, values)]
    return [contact.present for contact in contacts if contact.present]


async def dependence(connection: Connection, municipality: str) -> Row:
    """Return how many of the municipality's published activities there are, and hang on one person."""
    return (await connection.execute(_DEPENDENCE, {"municipality": municipality})).one()
