"""The services as chaos starts them: as in production, but for a clock that may be off and a lease that ends sooner.

`uvicorn --factory tests.chaos.serve:referral`. A process that is killed while it sends a notice leaves its lease, and
nobody wants to wait three minutes for that in every run.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from services.coordinator import sending
from services.one_machine import SERVICES
from services.runtime import process
from services.runtime.clock import DatabaseClock
from services.runtime.transaction import utc_now

CLOCK_OFF, LEASE = "CHAOS_CLOCK_OFF_SECONDS", "CHAOS_LEASE_SECONDS"


def _app(name: str) -> FastAPI:
    settings_class, make = SERVICES[name]
    off = timedelta(seconds=float(os.environ.get(CLOCK_OFF, "0")))
    if LEASE in os.environ:
        sending.LEASE = timedelta(seconds=float(os.environ[LEASE]))

    process.DatabaseClock = partial(DatabaseClock, lambda: utc_now() + off)
    return process.create_app(settings_class(), make)


def _factory(name: str) -> Callable[[], FastAPI]:
    return lambda: _app(name)


referral, activities, coordinator = map(_factory, ("referral", "activities", "coordinator"))
