"""What other services may ask of a participant: whether consent is in force, and what it shares. Nothing more."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from schemas.referral import Contact
from schemas.sharing import Shared
from services.referral.contacts import Safe
from services.referral.domain.referral import UNDER_WAY, Referral, is_current
from services.referral.store.people import Whose, shared_by, with_consent_in_force
from services.referral.store.work import Work, load_referrals, save
from services.runtime.errors import Gone, NotFound
from services.runtime.identity import Caller
from services.runtime.service import Service
from services.working_days import local_day


async def in_force(service: Service[Work], referral_ids: Sequence[UUID]) -> list[UUID]:
    """Return those whose consent is in force today, in their municipality, and which have not ended."""
    now = service.clock()
    async with service.engine.connect() as connection:
        return await with_consent_in_force(
            connection, referral_ids, swedish=local_day(now, "SE"), norwegian=local_day(now, "NO")
        )


@asynccontextmanager
async def under_way(service: Service[Work], referral_id: UUID, choice: int) -> AsyncIterator[tuple[Work, Referral]]:
    """Give the referral, locked; Gone if the choice is over, the referral has ended, or consent is not in force."""
    async with service.transaction() as tx:
        work = await load_referrals(tx, [referral_id])
        referral = work.referrals.get(referral_id)
        if referral is None:
            raise NotFound
        today = local_day(tx.now, referral.municipality)
        if not is_current(referral, choice, *UNDER_WAY) or not referral.consent_in_force(today):
            raise Gone("Nothing is shared any more.")
        yield work, referral
        await save(work)


async def share(
    service: Service[Work], safe: Safe, caller: Caller, referral_id: UUID, choice: int, *, reader: str
) -> Shared:
    """Return what is shared with whom the choice leads to, and write the reading down.

    The reader is whom the calling service shows it to; Gone as `under_way` says.
    """
    async with under_way(service, referral_id, choice) as (work, _):
        row = await shared_by(work.tx.connection, referral_id)
        whose = Whose(row.health_centre, row.pseudonym)
        work.add_reading(referral_id, whose, "shared", caller.subject, reader)
    agreed = set(row.share)
    contact = safe.open(row.wrapped_key, row.contact, str(whose)) if row.contact else Contact()
    known = contact.model_dump(include=agreed)
    return Shared(**known, companion="companion" in agreed)
