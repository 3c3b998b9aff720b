"""What concerns participants: their contact data, what they share, and whose consent is in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from services.referral.contacts import Locked
from services.runtime.connection import Connection, Row
from services.runtime.transaction import Transaction

_KEY = text(
    "select wrapped_key from participant where health_centre = :health_centre and pseudonym = :pseudonym for update"
)
_LOCK_AWAY = text(
    "insert into participant (health_centre, pseudonym, since, master_key_id, wrapped_key, contact) "
    "values (:health_centre, :pseudonym, now(), :master_key_id, :wrapped_key, :contact) "
    "on conflict (health_centre, pseudonym) do update "
    "set master_key_id = excluded.master_key_id, wrapped_key = excluded.wrapped_key, contact = excluded.contact"
)
"""Also where their other referral was erased at this moment, and they with it."""
_SHARED = text(
    "select health_centre, pseudonym, wrapped_key, contact, ("
    "  select share from consent where referral_id = request.referral_id order by recorded_at desc limit 1"
    ") as share from request left join participant using (health_centre, pseudonym) where referral_id = :referral_id"
)
_IN_FORCE = text(
    "select referral_id from referral where referral_id = any(:ids) and announced "
    "and state not in ('closed', 'withdrawn', 'entered_in_error') "
    "and case left(municipality, 2) when 'NO' then cast(:norwegian as date) else cast(:swedish as date) end "
    "between consent_given_on and consent_expires_on"
)
_NEVER_AGAIN = text(
    "insert into early_withdrawal (health_centre, referral_id, reason, at) "
    "values (:health_centre, :referral_id, 'erased', :now) "
    "on conflict (health_centre, referral_id) do update set reason = excluded.reason"
)
_OF_REFERRAL = tuple(
    text(f"delete from {table} where referral_id = :referral_id")
    for table in ("referral", "request", "consent", "proposal", "history", "question", "message")
)
# With the row goes the participant's key, and with that the contact data in every copy of the row.
_FORGET_PARTICIPANT = text(
    "delete from participant p where health_centre = :health_centre and pseudonym = :pseudonym "
    "and not exists (select from request r where r.health_centre = p.health_centre and r.pseudonym = p.pseudonym)"
)


@dataclass(frozen=True, slots=True)
class Whose:
    """A participant: the health centre and its own id for the person."""

    health_centre: str
    pseudonym: str

    def __str__(self) -> str:
        """Return what their contact data is bound to."""
        return f"{self.health_centre}/{self.pseudonym}"


async def wrapped_key(connection: Connection, whose: Whose) -> bytes | None:
    """Return the participant's key as it is stored, locked; None if none was needed yet."""
    named = {"health_centre": whose.health_centre, "pseudonym": whose.pseudonym}
    found: bytes | None = await connection.scalar(_KEY, named)
    return found


async def lock_away(connection: Connection, whose: Whose, locked: Locked) -> None:
    """Keep the participant's contact data in place of what was there."""
    hidden = {name: getattr(locked, name) for name in ("master_key_id", "wrapped_key", "contact")}
    named = {"health_centre": whose.health_centre, "pseudonym": whose.pseudonym}
    await connection.execute(_LOCK_AWAY, named | hidden)


async def erase(tx: Transaction, referral_id: UUID, whose: Whose) -> None:
    """Delete all of the referral, what was sent of it too, and the participant if it was their last.

    Its id stays, so that it never begins again, and who read of it stays written down.
    """
    named = {"health_centre": whose.health_centre, "pseudonym": whose.pseudonym, "referral_id": referral_id}
    await never_again(tx, referral_id, whose.health_centre)
    # Locked by itself: whoever refers them again at this moment is then seen by what forgets them.
    for statement in (*_OF_REFERRAL, _KEY, _FORGET_PARTICIPANT):
        await tx.connection.execute(statement, named)
    await tx.forget(str(referral_id))


async def never_again(tx: Transaction, referral_id: UUID, health_centre: str) -> None:
    """Keep the id of a referral that was erased, so that it never begins again."""
    named = {"health_centre": health_centre, "referral_id": referral_id, "now": tx.now}
    await tx.connection.execute(_NEVER_AGAIN, named)


async def shared_by(connection: Connection, referral_id: UUID) -> Row:
    """Return whose referral it is, the locked contact data, and what the latest consent shares."""
    return (await connection.execute(_SHARED, {"referral_id": referral_id})).one()


async def with_consent_in_force(
    connection: Connection, referral_ids: Sequence[UUID], *, swedish: date, norwegian: date
) -> list[UUID]:
    """Return those whose consent is in force, given the day in either country; not those that ended or never began."""
    days = {"swedish": swedish, "norwegian": norwegian}
    return await connection.scalars(_IN_FORCE, {"ids": list(referral_ids), **days})
