"""Whether a run has come to rest: nothing is on its way, and nobody has anything to do. Changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Final

from tests.chaos.load import AWAY, Load
from tests.chaos.platform import SERVICES, Platform
from tests.support.made import made_services

LOOK_SECONDS: Final = 0.5
QUIET_LOOKS: Final = 3
SHOWN: Final = 5
_COUNTS: Final = (
    "select (select count(*) from outbox where sent_at is null) as unsent, "
    "(select count(*) from inbox where state in ('ready', 'waiting')) as pending"
)
_ANNOUNCED: Final = "select type, count(*) as n from outbox group by type"
_LANDED: Final = "select type, count(*) as n from inbox where topic <> '' group by type"
_MOVING: Final[Mapping[str, str]] = {
    "referral": "select count(*) as n from referral where not referral_id::text = any(:but) and ("
    "state in ('chosen', 'invited') or (state = 'received' and waiting_on = 'nobody') "
    "or (state = 'proposed' and waiting_on = 'participant'))",
    "coordinator": "select count(*) as n from invitation where state in ('reserved', 'notified') "
    "and not referral_id::text = any(:but)",
}


async def at_rest(platform: Platform, load: Load, poisoned: frozenset[str], *, within: float) -> str:
    """Return when nothing moves any more: empty, or what still should when for so many seconds nothing was handled."""
    quiet, moving, handled = 0, "nothing was looked at", 0
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within) as patience:
            while quiet < QUIET_LOOKS:
                try:
                    moving = await _moving(platform, load, poisoned)
                    before, handled = handled, sum([await platform.handled(name) for name in SERVICES])
                except AWAY as error:
                    moving = f"a database is away: {type(error).__name__}"
                else:
                    if handled > before:  # a busy machine is slow, and not stuck
                        patience.reschedule(loop.time() + within)
                quiet = 0 if moving else quiet + 1
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        return moving
    return ""


async def _moving(platform: Platform, load: Load, poisoned: frozenset[str]) -> str:
    found: dict[str, int] = {"people act": len(load.acting), "requests to send": len(load.requests) - load.sent}
    announced, landed = Counter[str](), {}
    for name in SERVICES:
        [counts] = await platform.rows(name, _COUNTS)
        found |= {f"{name} unsent": counts.unsent, f"{name} pending": counts.pending}
        announced.update({row.type: row.n for row in await platform.rows(name, _ANNOUNCED)})
        landed[name] = {row.type: row.n for row in await platform.rows(name, _LANDED)}
        if name in _MOVING:
            found[f"{name} moving"] = (await platform.rows(name, _MOVING[name], but=sorted(poisoned)))[0].n
    for name, made in made_services().items():
        for kind in made.service.handlers.by_event:
            if kind in announced:
                found[f"{kind} on its way to {name}"] = max(0, announced[kind] - landed[name].get(kind, 0))
    waits = f" ({'; '.join(sorted(load.acting.values())[:SHOWN])})" if load.acting else ""
    return ", ".join(f"{n} {what}" for what, n in found.items() if n) + waits


def handled_types() -> dict[str, frozenset[str]]:
    """Return which types each service has a handler for, as its code says."""
    return {name: frozenset(made.service.handlers.by_event) for name, made in made_services().items()}
