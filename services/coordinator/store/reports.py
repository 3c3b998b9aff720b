"""What is told of a notice after it was handed over: delivered, bounced. Decides nothing."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.links import DIGEST, HASH_OCTETS_SHOWN
from services.coordinator.store import letters, notices
from services.coordinator.store.work import Work, load_referrals
from services.runtime.connection import Connection
from services.runtime.transaction import Transaction

_BY_HASH: Final = text(
    "select referral_id, choice from invitation where token_hash >= :first and token_hash <= :last limit 1"
)
_UNANSWERED_BY_THE_SAME: Final = text(
    "select other.referral_id, other.choice from invitation one "
    "join invitation other on other.contact_id = one.contact_id and other.place = one.place "
    "where one.referral_id = :referral_id and one.choice = :choice and other.state = 'notified'"
)
_DELIVERY: Final = text("update invitation set delivery = :state where referral_id = :referral_id and choice = :choice")
_FORGET: Final = text("update reader set bounced = array_remove(bounced, :address) where function = :function")


async def load_by_message_id(tx: Transaction, message_id: str) -> tuple[Work, list[Invitation]] | None:
    """Read and lock the invitations of a notice's Message-ID, and their referrals; None if it is no notice of ours now.

    A digest's names one of those in it; with it go all that whoever reads it has not answered.
    """
    name = message_id.strip("<>").partition("@")[0]
    try:
        start = bytes.fromhex(name.rpartition("-")[2])
    except ValueError:
        return None
    if len(start) != HASH_OCTETS_SHOWN:
        return None
    hashes = {"first": start + bytes(HASH_OCTETS_SHOWN), "last": start + b"\xff" * HASH_OCTETS_SHOWN}
    row = (await tx.connection.execute(_BY_HASH, hashes)).one_or_none()
    if row is None:
        return None
    rows = [row]
    if name.startswith(f"{DIGEST}-"):
        rows += await tx.connection.execute(
            _UNANSWERED_BY_THE_SAME, {"referral_id": row.referral_id, "choice": row.choice}
        )
    work = await load_referrals(tx, {each.referral_id for each in rows})
    return work, [work.of_referral(referral_id)[choice] for referral_id, choice in dict.fromkeys(map(tuple, rows))]


async def keep_delivery(connection: Connection, invitation: Invitation, state: str) -> None:
    """Keep what became of the invitation's latest notice."""
    values = {"referral_id": invitation.referral_id, "choice": invitation.choice, "state": state}
    await connection.execute(_DELIVERY, values)


async def keep_bounce(connection: Connection, contact_id: UUID, address: str, now: datetime) -> None:
    """Remember that an address of the function refuses what we send, and have the coordinator told."""
    await notices.keep_bounces(connection, [(str(contact_id), address)])
    await letters.tell_unreachable(connection, [(str(contact_id), address)], now)


async def forget_bounce(connection: Connection, function: str, address: str) -> None:
    """Forget that an address of the function refused what we send."""
    await connection.execute(_FORGET, {"function": function, "address": address})
