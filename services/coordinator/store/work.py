"""Reads and writes whole referrals with their invitations, many at a time. Decides nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text

from schemas.activities import ContactFunctionChanged
from schemas.coordinator import OfInvitation
from schemas.topics import COMPACTED
from services.coordinator import tables
from services.coordinator.domain.contact_function import ContactFunction
from services.coordinator.domain.handover import Cause, Handover
from services.coordinator.domain.invitation import Invitation, Referral
from services.coordinator.facts import facts_of
from services.coordinator.store.contacts import lock_contacts, open_referrals, save_contacts
from services.coordinator.store.handovers import keep_handovers
from services.runtime.database import columns_of, unnest, write_rows
from services.runtime.handling import Deadline, Delivery, Removed, Stalled
from services.runtime.transaction import Transaction

EXPIRY: Final = "invitation_expires"
"""The deadline of a referral's notified invitation; there is one such invitation at most."""

_OWN: Final = ("referral_id", "choice", "activity_id", "municipality")
_MOVED: Final = (
    *("contact_id", "since", "notice_at", "notice", "place", "channel", "generation"),
    *("state", "answer_by", "reason"),
)
_LATER: Final = ("visit", "visited_on", "stopped_on", "paused_until", "asked_at")
"""What changes after the notice only, so that sending it writes none of them."""
_KEY: Final = ("referral_id", "choice")
FIELDS: Final = (*_OWN, *_MOVED, *_LATER)
"""The columns of an invitation, in the order of its class."""
_REFERRALS = text(
    "select referral_id, ended_choice, ended, sequence from referral "
    "where referral_id = any(:ids) order by referral_id for update"
)
_INVITATIONS = text(
    f"select {', '.join(FIELDS)} from invitation where referral_id = any(:ids) order by referral_id, choice"
)
_OPEN_AFTER = text(
    "select distinct referral_id from invitation where referral_id > :after and state in ('notified', 'accepted') "
    "order by referral_id limit :limit"
)


def _update(names: Sequence[str], also: str = "") -> TextClause:
    return text(
        f"update invitation i set {also}{', '.join(f'{name} = t.{name}' for name in names)} "
        f"from {unnest(tables.invitation, (*_KEY, *names))} t "
        "where i.referral_id = t.referral_id and i.choice = t.choice"
    )


_MOVE, _KEEP_LATER = _update(_MOVED, "attempts = 0, bundle_at = null, "), _update(_LATER)

Row = dict[str, Any]


@dataclass(slots=True)
class Work:
    """What a batch of events, or a request, is about: whole referrals with their invitations, and contacts."""

    tx: Transaction
    referrals: dict[UUID, Referral] = field(default_factory=dict)
    invitations: dict[UUID, dict[int, Invitation]] = field(default_factory=dict)
    contacts: dict[UUID, ContactFunction] = field(default_factory=dict)
    about: dict[tuple[UUID, int], dict[str, Any]] = field(default_factory=dict)
    """Of each new invitation: the activity as it is now."""
    erased: set[UUID] = field(default_factory=set)
    handovers: list[tuple[Invitation, Handover]] = field(default_factory=list)
    read: dict[object, Row] = field(default_factory=dict)
    """What was read, to tell what changed."""

    def referral(self, referral_id: UUID) -> Referral:
        """Return what is remembered of a referral; it may be one that was not met yet."""
        return self.referrals.setdefault(referral_id, Referral(referral_id))

    def of_referral(self, referral_id: UUID) -> dict[int, Invitation]:
        """Return the referral's invitations by choice."""
        return self.invitations.setdefault(referral_id, {})

    def of_contact(self, contact_id: UUID) -> list[Invitation]:
        """Return the invitations of which the contact function was told, among those that were read."""
        choices = self.invitations.values()
        return [one for known in choices for one in known.values() if one.contact_id == contact_id]

    def add(self, invitation: Invitation, about: dict[str, Any]) -> None:
        """Add a new invitation, with the activity as it is now."""
        self.of_referral(invitation.referral_id)[invitation.choice] = invitation
        self.about[invitation.referral_id, invitation.choice] = about

    def hand_over(
        self, invitation: Invitation, cause: Cause, *, to: int | None = None, until: date | None = None
    ) -> bool:
        """Have the invitation change hands, to that place or to whoever is in charge; tell whether it did."""
        made = Handover(invitation.generation, cause, self.tx.now, invitation.place, to, until)
        if not invitation.hand_over(self.tx.now, to or 0):
            return False
        self.handovers.append((invitation, made))
        return True

    def announce(self, event: OfInvitation) -> None:
        """Announce an event in the order of its referral."""
        self.tx.announce(self.referral(event.referral_id), event)

    def tell(self, invitation: Invitation) -> None:
        """Announce where the invitation stands."""
        for event in facts_of(invitation):
            self.announce(event)


async def load(tx: Transaction, deliveries: Sequence[Delivery]) -> Work:
    """Read and lock what the events are about."""
    referrals, contacts = set[UUID](), set[UUID]()
    for delivery in deliveries:
        match delivery.event:
            case ContactFunctionChanged(contact_id=contact_id):
                contacts.add(contact_id)
            case Removed(key=key):
                contacts.add(UUID(key))
            case Deadline(key=key) | Stalled(key=key):
                referrals.add(UUID(key))
            case event:
                referrals.add(event.referral_id)
    known = await lock_contacts(tx.connection, contacts) if contacts else {}
    if known:
        referrals.update(await open_referrals(tx.connection, known, tx.now))
    work = await load_referrals(tx, referrals)
    work.contacts.update(known)
    work.read.update({contact_id: _fields(contact) for contact_id, contact in known.items()})
    return work


async def load_referrals(tx: Transaction, referral_ids: Iterable[UUID]) -> Work:
    """Read and lock the referrals, with all their invitations."""
    work, ids = Work(tx), list(referral_ids)
    if not ids:
        return work
    for row in (await tx.connection.execute(_REFERRALS, {"ids": ids})).all():
        work.referrals[row.referral_id] = Referral(*row)
        work.read[row.referral_id] = _fields(work.referrals[row.referral_id])
    for row in (await tx.connection.execute(_INVITATIONS, {"ids": ids})).all():
        work.of_referral(row.referral_id)[row.choice] = Invitation(*row)
        work.read[row.referral_id, row.choice] = dict(row)
    return work


async def open_after(tx: Transaction, after: UUID, limit: int) -> list[UUID]:
    """Return the next referrals, by id, that have a notified or accepted invitation."""
    return await tx.connection.scalars(_OPEN_AFTER, {"after": after, "limit": limit})


async def save(work: Work) -> None:
    """Write what changed; as long as an invitation is notified, it has its deadline."""
    connection = work.tx.connection
    for referral_id in work.erased:
        await work.tx.forget(str(referral_id), spare=COMPACTED)
    await write_rows(connection, tables.referral, _changed(work, work.referrals))
    invitations = {
        (referral_id, choice): invitation
        for referral_id, choices in work.invitations.items()
        for choice, invitation in choices.items()
    }
    changed = _changed(work, invitations)
    new = [_first(work, row) for row in changed if (row["referral_id"], row["choice"]) in work.about]
    moved = [row for row in changed if (row["referral_id"], row["choice"]) in work.read]
    await write_rows(connection, tables.invitation, new, replace=False)
    if work.handovers:
        await keep_handovers(connection, work.handovers)
    for statement, names in ((_MOVE, _MOVED), (_KEEP_LATER, _LATER)):
        rows = [{name: row[name] for name in (*_KEY, *names)} for row in moved if _differs(work, row, names)]
        if rows:
            await connection.execute(statement, columns_of(tables.invitation, rows))
    for row in moved:
        _keep_deadline(work, row)
    changed_contacts = [one for key, one in work.contacts.items() if _fields(one) != work.read.get(key)]
    await save_contacts(connection, changed_contacts)


def _changed(work: Work, known: dict[Any, Any]) -> list[Row]:
    return [row for key, aggregate in known.items() if (row := _fields(aggregate)) != work.read.get(key)]


def _differs(work: Work, row: Row, names: Sequence[str]) -> bool:
    before = work.read[row["referral_id"], row["choice"]]
    return any(row[name] != before[name] for name in names)


def _fields(aggregate: Referral | Invitation | ContactFunction) -> Row:
    return {name: getattr(aggregate, name) for name in aggregate.__slots__}


def _first(work: Work, row: Row) -> Row:
    about = work.about[row["referral_id"], row["choice"]]
    return row | {"about": about, "reserved_at": row["since"]}


def _keep_deadline(work: Work, row: Row) -> None:
    key = str(row["referral_id"])
    if row["state"] == "notified":
        work.tx.set_deadline(EXPIRY, key, row["answer_by"])
    elif work.read[row["referral_id"], row["choice"]]["state"] == "notified":
        work.tx.cancel_deadline(EXPIRY, key)
