"""Finds an invitation by its answer link, or by one that was given up. Decides nothing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from schemas.vocabulary import ContactLanguage
from services.coordinator.domain.contact_function import ContactFunction
from services.coordinator.domain.handover import Handover
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.store import contacts
from services.coordinator.store.handovers import handovers_of
from services.coordinator.store.work import FIELDS, Work, load_referrals
from services.runtime.connection import Connection
from services.runtime.transaction import Transaction

_CONTACT = "contact_"
_SHOW = (
    f"select {', '.join(f'i.{name}' for name in FIELDS)}, i.about, "
    "coalesce(c.language, m.language, case left(i.municipality, 2) when 'SE' then 'sv' else 'nb' end) as spoken, "
    f"{', '.join(f'c.{name} as {_CONTACT}{name}' for name in contacts.COLUMNS)}, r.bounced, "
    "m.reminder_after, m.deputy_after, m.answer_within "
    "from invitation i left join contact_function c on c.contact_id = i.contact_id "
    "left join municipality m on m.code = i.municipality left join reader r on r.function = i.contact_id::text "
)
_SHOWN = text(f"{_SHOW} where i.token_hash = :token_hash")
_GIVEN_UP = text(
    f"{_SHOW} join handover h on h.referral_id = i.referral_id and h.choice = i.choice where h.token_hash = :token_hash"
)
_KEY = text("select referral_id, choice, generation from invitation where token_hash = :token_hash")


@dataclass(frozen=True, slots=True)
class Shown:
    """An invitation as whoever holds its link, or one that was given up, may see it."""

    invitation: Invitation
    about: dict[str, Any]
    language: ContactLanguage
    function: ContactFunction | None
    """Who is asked, as far as we have heard of it; None for the municipality's coordinator."""
    bounced: frozenset[str]
    """Addresses of the function that refuse what we send."""
    answer_time: AnswerTime
    handovers: list[Handover]
    is_given_up: bool
    """The link was handed over: it shows what became of the invitation, and decides nothing."""


async def shown_by_link(connection: Connection, token_hash: bytes, answer_time: AnswerTime) -> Shown | None:
    """Return the invitation whose link, present or given up, has this hash.

    The time to answer is that of the municipality where it has one of its own.
    """
    asked = {"token_hash": token_hash}
    present = (await connection.execute(_SHOWN, asked)).one_or_none()
    row = present or (await connection.execute(_GIVEN_UP, asked)).one_or_none()
    if row is None:
        return None
    invitation, key = Invitation(*[row[name] for name in FIELDS]), (row.referral_id, row.choice)
    return Shown(
        invitation=invitation,
        about=row.about,
        language=row.spoken,
        function=contacts.contact_of(row, _CONTACT) if row.contact_sequence is not None else None,
        bounced=frozenset(row.bounced or ()),
        answer_time=answer_time.as_set(row.reminder_after, row.deputy_after, row.answer_within),
        handovers=(await handovers_of(connection, [key]))[key] if invitation.generation > 1 else [],
        is_given_up=present is None,
    )


async def load_by_link(tx: Transaction, token_hash: bytes) -> tuple[Work, Invitation] | None:
    """Read and lock the invitation whose link has this hash, and its referral; None if it has no such link any more."""
    row = (await tx.connection.execute(_KEY, {"token_hash": token_hash})).one_or_none()
    if row is None:
        return None
    work = await load_referrals(tx, [row.referral_id])
    invitation = work.of_referral(row.referral_id)[row.choice]
    is_given_up = invitation.generation != row.generation  # while we waited for the lock
    return None if is_given_up else (work, invitation)
