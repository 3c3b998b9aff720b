"""Finds an invitation by its answer link. Decides nothing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from schemas.vocabulary import ContactLanguage
from services.coordinator.domain.invitation import Invitation
from services.coordinator.store.work import FIELDS, Work, load_referrals
from services.runtime.connection import Connection
from services.runtime.transaction import Transaction

_SHOWN = text(
    f"select {', '.join(f'i.{name}' for name in FIELDS)}, i.about, "
    "coalesce(c.language, m.language, case left(i.municipality, 2) when 'SE' then 'sv' else 'nb' end) as language "
    "from invitation i left join contact_function c on c.contact_id = i.contact_id "
    "left join municipality m on m.code = i.municipality where i.token_hash = :token_hash"
)
_KEY = text("select referral_id, choice from invitation where token_hash = :token_hash")


@dataclass(frozen=True, slots=True)
class Shown:
    """An invitation as whoever holds its link may see it."""

    invitation: Invitation
    about: dict[str, Any]
    language: ContactLanguage


async def shown_by_link(connection: Connection, token_hash: bytes) -> Shown | None:
    """Return the invitation whose link has this hash."""
    row = (await connection.execute(_SHOWN, {"token_hash": token_hash})).one_or_none()
    if row is None:
        return None
    *fields, about, language = row
    return Shown(Invitation(*fields), about, language)


async def load_by_link(tx: Transaction, token_hash: bytes) -> tuple[Work, Invitation] | None:
    """Read and lock the invitation whose link has this hash, and its referral."""
    row = (await tx.connection.execute(_KEY, {"token_hash": token_hash})).one_or_none()
    if row is None:
        return None
    work = await load_referrals(tx, [row.referral_id])
    return work, work.of_referral(row.referral_id)[row.choice]
