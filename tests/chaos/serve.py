"""The services as chaos starts them: as in production, but for clocks that are off, loops that stall, short leases.

`uvicorn --factory tests.chaos.serve:referral`. A process that is killed while it sends a notice leaves its lease, and
nobody wants to wait three minutes for that in every run. Nor that Kafka forgets who left after 45 seconds.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from importlib import import_module
from itertools import count
from threading import Event as ThreadEvent
from typing import Any, Final

from fastapi import FastAPI

from services.runtime import process, service
from services.runtime.at_once import AtOnce
from services.runtime.clock import DatabaseClock
from services.runtime.landing import Landing
from services.runtime.relay import Relay
from services.runtime.transaction import utc_now
from services.runtime.worker import Worker

CLOCK_OFF, LEASE = "CHAOS_CLOCK_OFF_SECONDS", "CHAOS_LEASE_SECONDS"
SESSION = "CHAOS_SESSION_SECONDS"
STALLS, STALE = "CHAOS_STALLS", "CHAOS_STALE_SECONDS"
EVERYTHING: Final = "everything"
HANDLING: Final = ((Worker, "_handle"), (AtOnce, "_handle"))
LOOPS: Final[dict[str, tuple[tuple[Any, str], ...]]] = {
    "landing": ((Landing, "land"),),
    "relay": ((Relay, "_send"),),
    "handling": HANDLING,
    EVERYTHING: HANDLING,
}
"""What can stand still, and where: all but landing while they hold the locks of their lanes."""
PASSES: Final = 3
"""The first of the passes that comes to no end."""


def _app(name: str) -> FastAPI:
    off = timedelta(seconds=float(os.environ.get(CLOCK_OFF, "0")))
    if name == "coordinator" and LEASE in os.environ:
        import_module("services.coordinator.sending").LEASE = timedelta(seconds=float(os.environ[LEASE]))
    if SESSION in os.environ:
        service.subscription = _with_session(float(os.environ[SESSION]))
    if STALLS in os.environ:
        service.STALE_SECONDS = float(os.environ[STALE])
        _stall(os.environ[STALLS])
    process.DatabaseClock = partial(DatabaseClock, lambda: utc_now() + off)
    # No other service is imported: a process that is killed all the time must start quickly.
    app: FastAPI = import_module(f"services.{name}.app").create_app()
    return app


def _with_session(seconds: float) -> Callable[..., dict[str, Any]]:
    given = service.subscription
    return lambda *told: given(*told) | {"session_timeout_ms": int(seconds * 1000), "heartbeat_interval_ms": 1_000}


def _stall(loop: str) -> None:
    passes = count(1)
    for owner, name in LOOPS[loop]:
        setattr(owner, name, _standing_still(getattr(owner, name), passes, with_all=loop == EVERYTHING))


def _standing_still(step: Any, passes: Iterator[int], *, with_all: bool) -> Any:  # noqa: ANN401 - whatever the step is
    async def for_ever(*given: Any) -> Any:  # noqa: ANN401 - whatever the step takes and returns
        if next(passes) >= PASSES:
            if with_all:
                ThreadEvent().wait()  # as a computation without end: no task gets its turn
            await asyncio.Event().wait()
        return await step(*given)

    return for_ever


def _factory(name: str) -> Callable[[], FastAPI]:
    return lambda: _app(name)


referral, activities, coordinator = map(_factory, ("referral", "activities", "coordinator"))
