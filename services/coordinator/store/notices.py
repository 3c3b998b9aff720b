"""The queue of notices: which are due, and whose they are while they are sent. Decides nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.coordinator import tables
from services.coordinator.domain.notice import Address, Due
from services.coordinator.domain.pacing import Reader
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.store import contacts
from services.runtime.connection import Connection, Row
from services.runtime.database import columns_of, unnest, write_rows

_CONTACT = "contact_"
_SELECT = (
    "select i.referral_id, i.choice, i.municipality, i.contact_id, i.about::text as about, i.notice, i.place, "
    "i.generation, i.since, i.answer_by, i.attempts, i.notice_at, i.bundle_at, "
    f"{', '.join(f'c.{name} as {_CONTACT}{name}' for name in contacts.COLUMNS)}, "
    "m.email as coordinator_email, m.language as coordinator_language, m.reminder_after, m.deputy_after, "
    "m.answer_within "
    "from invitation i left join contact_function c on c.contact_id = i.contact_id "
    "left join municipality m on m.code = i.municipality "
    "where {which} order by i.notice_at limit :limit for update of i skip locked"
)
_DUE = text(_SELECT.format(which="i.notice_at <= :now"))
_OF_DIGESTS = text(
    _SELECT.format(
        which="i.notice_at <= :now and i.bundle_at is not null "
        "and coalesce(i.contact_id::text, i.municipality) = any(:functions)"
    )
)
_LEASED = ("referral_id", "choice", "token_hash")
_COUNTED = ("function", "hour_count")
_IS_OVER = "r.hour_began <= cast(:now as timestamptz) - interval '1 hour'"
_LEASE = text(
    "with leased as (update invitation i "
    "set notice_at = :until, attempts = attempts + 1, token_hash = t.token_hash "
    f"from {unnest(tables.invitation, _LEASED)} t where i.referral_id = t.referral_id and i.choice = t.choice) "
    "insert into reader as r (function, hour_began, hour_count) "
    f"select function, cast(:now as timestamptz), hour_count from {unnest(tables.reader, _COUNTED)} t "
    f"on conflict (function) do update set hour_count = excluded.hour_count + case when {_IS_OVER} then 0 "
    f"else r.hour_count end, hour_began = case when {_IS_OVER} then excluded.hour_began else r.hour_began end "
    "returning function, hour_began, hour_count, digest_only, bounced"
)
_KNOW_LINKS = text(
    "update invitation i set token_hash = t.token_hash "
    f"from {unnest(tables.invitation, _LEASED)} t where i.referral_id = t.referral_id and i.choice = t.choice"
)
_AGAIN = ("referral_id", "choice", "notice_at", "attempts")
_PUT_BACK = text(
    "update invitation i set notice_at = t.notice_at, attempts = t.attempts "
    f"from {unnest(tables.invitation, _AGAIN)} t "
    "where i.referral_id = t.referral_id and i.choice = t.choice and i.notice_at = :until"
)
_PUT_OFF = text(
    "update invitation i set notice_at = t.bundle_at, bundle_at = t.bundle_at, attempts = 0 "
    f"from {unnest(tables.invitation, ('referral_id', 'choice', 'bundle_at'))} t "
    "where i.referral_id = t.referral_id and i.choice = t.choice"
)
_BOUNCED = text(
    "insert into reader as r (function, bounced) values (:function, array[cast(:address as text)]) "
    "on conflict (function) do update set bounced = r.bounced || excluded.bounced "
    "where not r.bounced @> excluded.bounced"
)
_DIGEST_ONLY = text("select digest_only from reader where function = :function")


@dataclass(frozen=True, slots=True)
class Lease:
    """A notice is ours until the lease ends; from then on its link is known by its hash."""

    referral_id: UUID
    choice: int
    token_hash: bytes


async def due_notices(connection: Connection, now: datetime, limit: int, answer_time: AnswerTime) -> list[Due]:
    """Return notices that are due and lock them; those that somebody else holds are passed over.

    The time to answer is that of the municipality where it has one of its own.
    """
    rows = (await connection.execute(_DUE, {"now": now, "limit": limit})).all()
    return [_due(row, answer_time) for row in rows]


async def rest_of_digests(
    connection: Connection, functions: Sequence[str], now: datetime, limit: int, answer_time: AnswerTime
) -> list[Due]:
    """Return, and lock, all that is due of these functions' digests."""
    asked = {"functions": functions, "now": now, "limit": limit}
    return [_due(row, answer_time) for row in (await connection.execute(_OF_DIGESTS, asked)).all()]


async def lease(
    connection: Connection, leases: Sequence[Lease], counts: Mapping[str, int], now: datetime, until: datetime
) -> dict[str, Reader]:
    """Keep the notices from others until then, when they are due again; count those that are new for each function.

    Return what is known of each function, as the one who counted last.
    """
    rows = [{name: getattr(one, name) for name in _LEASED} for one in leases]
    counted = [{"function": function, "hour_count": counts[function]} for function in sorted(counts)]
    values = columns_of(tables.invitation, rows) | columns_of(tables.reader, counted)
    readers = (await connection.execute(_LEASE, {**values, "now": now, "until": until})).all()
    return {
        one.function: Reader(one.hour_began, one.hour_count, one.digest_only, frozenset(one.bounced)) for one in readers
    }


async def know_links(connection: Connection, links: Mapping[tuple[UUID, int], bytes]) -> None:
    """Have the invitations be found by these links, of which only hashes are kept."""
    if links:
        rows = [dict(zip(_LEASED, (*invitation, link), strict=True)) for invitation, link in links.items()]
        await connection.execute(_KNOW_LINKS, columns_of(tables.invitation, rows))


async def put_off(connection: Connection, notices: Sequence[tuple[UUID, int, datetime]]) -> None:
    """Have the notices wait for the digests that are due then."""
    rows = [dict(zip(("referral_id", "choice", "bundle_at"), notice, strict=True)) for notice in notices]
    if rows:
        await connection.execute(_PUT_OFF, columns_of(tables.invitation, rows))


async def keep_bounces(connection: Connection, bounces: Iterable[tuple[str, str]]) -> None:
    """Remember which addresses of which functions refuse what we send."""
    for function, address in sorted(set(bounces)):
        await connection.execute(_BOUNCED, {"function": function, "address": address})


async def wants_digests_only(connection: Connection, function: str) -> bool:
    """Tell whether the function wants one mail a day."""
    return bool(await connection.scalar(_DIGEST_ONLY, {"function": function}))


async def keep_digest_only(connection: Connection, function: str, *, digest_only: bool) -> None:
    """Keep whether the function wants one mail a day."""
    await write_rows(connection, tables.reader, [{"function": function, "digest_only": digest_only}])


async def put_back(connection: Connection, notices: Sequence[tuple[UUID, int, datetime, int]], until: datetime) -> None:
    """Make the notices due at these times, after so many attempts, but only those of which the lease ends then."""
    if notices:
        rows = [dict(zip(_AGAIN, notice, strict=True)) for notice in notices]
        await connection.execute(_PUT_BACK, {**columns_of(tables.invitation, rows), "until": until})


def _due(row: Row, answer_time: AnswerTime) -> Due:
    return Due(
        referral_id=row.referral_id,
        choice=row.choice,
        municipality=row.municipality,
        contact_id=row.contact_id,
        about=row.about,
        notice=row.notice,
        place=row.place,
        generation=row.generation,
        due_at=row.notice_at,
        waiting_since=row.since,
        answer_by=row.answer_by,
        attempts=row.attempts + 1,
        bundle_at=row.bundle_at,
        contact=contacts.contact_of(row, _CONTACT) if row.contact_sequence is not None else None,
        coordinator=_address(row.coordinator_email, row.coordinator_language),
        answer_time=answer_time.as_set(row.reminder_after, row.deputy_after, row.answer_within),
    )


def _address(email: str | None, language: str) -> Address | None:
    return None if email is None else Address(email, language)  # type: ignore[arg-type]  # a code, checked when stored
