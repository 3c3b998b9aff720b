"""The whole present state announced again, for a reader that starts anew. Never a change."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final
from uuid import UUID

from services.coordinator.store.work import load_referrals, open_after, save
from services.runtime.transaction import Transaction

A_TRANSACTION: Final = 500
BEFORE_ALL: Final = UUID(int=0)


async def announce_state(begin: Callable[[], AbstractAsyncContextManager[Transaction]]) -> int:
    """Announce where every notified or accepted invitation stands; return how many events that were."""
    count, after = 0, BEFORE_ALL
    while True:
        async with begin() as tx:
            referral_ids = await open_after(tx, after, A_TRANSACTION)
            if not referral_ids:
                return count
            work = await load_referrals(tx, referral_ids)
            for choices in work.invitations.values():
                for invitation in choices.values():
                    if invitation.state in ("notified", "accepted"):
                        work.tell(invitation)
            await save(work)
        count, after = count + len(tx.events), referral_ids[-1]
