"""What other services are still to be told over HTTP: what of it is due, and whose it is meanwhile. Decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.coordinator import tables
from services.runtime.connection import Connection
from services.runtime.database import write_rows

_CLAIM: Final = text(
    "update errand set due_at = :until, attempts = attempts + 1 where errand_id in ("
    "  select errand_id from errand where due_at <= :now order by due_at limit :limit for update skip locked) "
    "returning errand_id, kind, body, attempts"
)
_PUT_BACK: Final = text("update errand set due_at = :due_at where errand_id = :errand_id")
_REMOVE: Final = text("delete from errand where errand_id = :errand_id")


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to tell, sealed; `attempts` counts this one."""

    errand_id: UUID
    kind: str
    body: bytes
    attempts: int


async def add(connection: Connection, errand_id: UUID, kind: str, body: bytes, due_at: datetime) -> None:
    """Keep an errand until it is done."""
    row: dict[str, Any] = {"errand_id": errand_id, "kind": kind, "body": body, "due_at": due_at}
    await write_rows(connection, tables.errand, [row])


async def claim(connection: Connection, now: datetime, until: datetime, limit: int) -> list[Errand]:
    """Return errands that are due, ours until then; those that somebody else holds are passed over."""
    rows = await connection.execute(_CLAIM, {"now": now, "until": until, "limit": limit})
    return [Errand(*row) for row in rows]


async def put_back(connection: Connection, errand_id: UUID, due_at: datetime) -> None:
    """Have the errand due at this time."""
    await connection.execute(_PUT_BACK, {"errand_id": errand_id, "due_at": due_at})


async def remove(connection: Connection, errand_id: UUID) -> None:
    """Forget an errand that is done."""
    await connection.execute(_REMOVE, {"errand_id": errand_id})
