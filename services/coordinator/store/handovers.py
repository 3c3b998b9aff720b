"""Reads and writes how invitations changed hands; the links given up stay known by their hashes. Decides nothing."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.coordinator import tables
from services.coordinator.domain.handover import Handover
from services.coordinator.domain.invitation import Invitation
from services.runtime.connection import Connection
from services.runtime.database import columns_of, unnest

_FIELDS: Final = tuple(Handover.__slots__)
_KEPT: Final = ("referral_id", "choice", *_FIELDS)
_KEEP: Final = text(
    f"with made as {unnest(tables.handover, _KEPT)}, "
    "given_up as (update invitation i set token_hash = null from (select distinct referral_id, choice from made) m "
    "where i.referral_id = m.referral_id and i.choice = m.choice "
    "returning i.referral_id, i.choice, i.generation, old.token_hash) "
    f"insert into handover ({', '.join(_KEPT)}, token_hash) "
    f"select {', '.join(f'made.{name}' for name in _KEPT)}, g.token_hash from made left join given_up g "
    "on g.referral_id = made.referral_id and g.choice = made.choice and g.generation = made.generation"
)
_OF_INVITATIONS: Final = text(
    f"select referral_id, choice, {', '.join(_FIELDS)} from handover where (referral_id, choice) in "
    "(select * from unnest(cast(:referral_ids as uuid[]), cast(:choices as integer[]))) order by generation"
)


async def keep_handovers(connection: Connection, made: Iterable[tuple[Invitation, Handover]]) -> None:
    """Keep the handovers; the links given up open no invitation any more. Before the invitations are written."""
    rows = [
        {"referral_id": invitation.referral_id, "choice": invitation.choice}
        | {name: getattr(handover, name) for name in _FIELDS}
        for invitation, handover in made
    ]
    await connection.execute(_KEEP, columns_of(tables.handover, rows))


async def handovers_of(
    connection: Connection, invitations: Iterable[tuple[UUID, int]]
) -> dict[tuple[UUID, int], list[Handover]]:
    """Return how each of the invitations, by referral and choice, changed hands, in order."""
    found: dict[tuple[UUID, int], list[Handover]] = {key: [] for key in invitations}
    asked = {"referral_ids": [key[0] for key in found], "choices": [key[1] for key in found]}
    for referral_id, choice, *fields in await connection.execute(_OF_INVITATIONS, asked):
        found[referral_id, choice].append(Handover(*fields))
    return found
