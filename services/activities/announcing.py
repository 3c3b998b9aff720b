"""The whole present state announced again, for a reader that starts anew. Never a change."""

from typing import Final
from uuid import UUID

from services.activities.importing import Begin
from services.activities.store.activities import load_activities_after, save_sequences
from services.activities.store.contacts import load_contacts_after, save_contacts

A_TRANSACTION: Final = 500
BEFORE_ALL: Final = UUID(int=0)


async def announce_state(begin: Begin) -> int:
    """Announce every activity and contact function as it is, some hundreds a transaction; return how many."""
    return await _announce_activities(begin) + await _announce_contacts(begin)


async def _announce_activities(begin: Begin) -> int:
    count, after = 0, BEFORE_ALL
    while True:
        async with begin() as tx:
            stating = await load_activities_after(tx, after, A_TRANSACTION)
            for activity in stating.activities.values():
                stating.announce(activity)
            if not stating.activities:
                return count
            await save_sequences(stating)
        count, after = count + len(stating.activities), max(stating.activities)


async def _announce_contacts(begin: Begin) -> int:
    count, after = 0, BEFORE_ALL
    while True:
        async with begin() as tx:
            contacts = await load_contacts_after(tx, after, A_TRANSACTION)
            for contact in contacts.contacts.values():
                contacts.announce(contact)
            if not contacts.contacts:
                return count
            await save_contacts(contacts)
        count, after = count + len(contacts.contacts), max(contacts.contacts)
