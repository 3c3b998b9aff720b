"""The queue of letters: what is told besides invitations, to functions and coordinators. Decides nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from sqlalchemy import text

from services.coordinator import tables
from services.coordinator.domain.contact_function import ContactFunction
from services.coordinator.store import contacts
from services.runtime.connection import Connection, Row
from services.runtime.database import write_rows

LetterKind = Literal["still_correct", "weekly", "answered", "unreachable"]
OURS: Final = UUID("6f1c0f34-9f4b-5f2a-8d5e-1c8f4f7d2b10")

_CONTACT = "contact_"
_CLAIM: Final = text(
    "with due as (select letter_id from letter where due_at <= :now order by due_at limit :limit "
    "for update skip locked) "
    "update letter l set due_at = :until, attempts = attempts + 1 from due where l.letter_id = due.letter_id "
    "returning l.letter_id, l.kind, l.contact_id, l.municipality, l.about, l.made_at, l.attempts"
)
_READERS: Final = text("select m.code, m.email, m.language from municipality m where m.code = any(:municipalities)")
_CONTACTS: Final = text(
    f"select {', '.join(f'c.{name} as {_CONTACT}{name}' for name in contacts.COLUMNS)} "
    "from contact_function c where c.contact_id = any(:ids)"
)
_BOUNCED: Final = text("select function, bounced from reader where function = any(:functions)")
_END: Final = text("update letter set due_at = null, state = :state, ended_at = :now where letter_id = any(:ids)")
_AGAIN: Final = text("update letter set due_at = :due_at, attempts = :attempts where letter_id = any(:ids)")
_BUSY: Final = text(
    "select contact_id, place, max(municipality) as municipality, "
    "jsonb_agg(jsonb_build_object('referral_id', referral_id, "
    "'choice', choice, 'generation', generation, 'name', about ->> 'activity_name') order by reserved_at) as open "
    "from invitation "
    "where contact_id is not null "
    "and (state = 'notified' or state = 'accepted' and visit is null and since >= :opens_since) "
    "group by contact_id, place having count(*) >= :many"
)
_TO_READ: Final = text(
    "select municipality, contact_id, place, jsonb_build_array(jsonb_build_object('referral_id', referral_id, "
    "'choice', choice, 'generation', generation, 'name', about ->> 'activity_name')) as open "
    "from invitation where referral_id = :referral_id and choice = :choice"
)
_MUNICIPALITIES: Final = text("select distinct municipality from contact_function where municipality is not null")
_NAME: Final = text("select municipality, name from contact_function where contact_id = :contact_id")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is due; without a contact function it goes to the municipality's coordinator."""

    letter_id: UUID
    kind: LetterKind
    contact_id: UUID | None
    municipality: str
    about: dict[str, Any]
    made_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter that somebody asks for; `which` tells it from others of its kind."""

    kind: LetterKind
    which: str
    municipality: str
    contact_id: UUID | None
    about: dict[str, Any]


async def add(connection: Connection, asked: Iterable[Asked], now: datetime) -> None:
    """Have letters written, each once, however often it is asked for."""
    rows = [
        {
            "letter_id": uuid5(OURS, f"{one.kind}/{one.which}"),
            "kind": one.kind,
            "municipality": one.municipality,
            "contact_id": one.contact_id,
            "about": one.about,
            "made_at": now,
            "due_at": now,
        }
        for one in asked
    ]
    await write_rows(connection, tables.letter, rows, replace=False)


async def tell_unreachable(connection: Connection, bounces: Iterable[tuple[str, str]], now: datetime) -> None:
    """Have the coordinator told of addresses of contact functions that refuse what we send."""
    for function, address in sorted(set(bounces)):
        named = (await connection.execute(_NAME, {"contact_id": UUID(function)})).one_or_none()
        if named is not None and named.municipality is not None:
            about = {"name": named.name, "address": address}
            which = f"{function}/{address}/{now.date()}"
            await add(connection, [Asked("unreachable", which, named.municipality, None, about)], now)


async def tell_answered(
    connection: Connection, question_id: UUID, referral_id: UUID, choice: int, now: datetime
) -> None:
    """Have whoever put the question told that the coach has answered it."""
    named = {"referral_id": referral_id, "choice": choice}
    found = (await connection.execute(_TO_READ, named)).one_or_none()
    if found is not None:
        about = {"open": found.open, "place": found.place}
        await add(connection, [Asked("answered", str(question_id), found.municipality, found.contact_id, about)], now)


async def claim(connection: Connection, now: datetime, until: datetime, limit: int) -> list[Letter]:
    """Return letters that are due, ours until then."""
    rows = await connection.execute(_CLAIM, {"now": now, "until": until, "limit": limit})
    return [Letter(*row) for row in rows]


async def readers(
    connection: Connection, letters: Sequence[Letter]
) -> tuple[dict[UUID, ContactFunction], dict[str, Row]]:
    """Return the contact functions that letters are for, and the coordinators of their municipalities by code."""
    ids = [letter.contact_id for letter in letters if letter.contact_id]
    functions = [contacts.contact_of(row, _CONTACT) for row in await connection.execute(_CONTACTS, {"ids": ids})]
    codes = [letter.municipality for letter in letters]
    known = await connection.execute(_READERS, {"municipalities": codes})
    return {one.contact_id: one for one in functions}, {row.code: row for row in known}


async def bounced(connection: Connection, functions: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """Return which addresses of contact functions refuse what we send."""
    rows = await connection.execute(_BOUNCED, {"functions": [str(function) for function in functions]})
    return {UUID(row.function): frozenset(row.bounced) for row in rows}


async def end(connection: Connection, ids: Sequence[UUID], state: Literal["sent", "failed"], now: datetime) -> None:
    """Keep what became of the letters."""
    await connection.execute(_END, {"ids": list(ids), "state": state, "now": now})


async def again(connection: Connection, ids: Sequence[UUID], due_at: datetime, *, attempts: int) -> None:
    """Have the letters due at this time, after so many attempts at the address that they go to."""
    await connection.execute(_AGAIN, {"ids": list(ids), "due_at": due_at, "attempts": attempts})


async def busy_functions(connection: Connection, many: int, opens_since: datetime) -> Sequence[Row]:
    """Return the places of contact functions with at least so many invitations to answer, or visits to record.

    Of what was accepted before `opens_since` the link opens no more.
    """
    return await connection.execute(_BUSY, {"many": many, "opens_since": opens_since})


async def municipalities(connection: Connection) -> list[str]:
    """Return the municipalities that have contact functions."""
    return await connection.scalars(_MUNICIPALITIES)
