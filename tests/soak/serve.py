"""The services as the soak starts them: as in production, but for what is kept for days, which is kept for seconds.

`uvicorn --factory tests.soak.serve:referral`. So a run of minutes shows whether tables grow beyond what is kept.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from fastapi import FastAPI

from services.one_machine import SERVICES
from services.runtime import due, process, service

SENT_KEPT, MARK_KEPT = timedelta(seconds=30), timedelta(seconds=60)
SWEEP_SECONDS: Final = 10.0


def _app(name: str) -> FastAPI:
    due.SENT_KEPT, due.MARK_KEPT, service.SWEEP_SECONDS = SENT_KEPT, MARK_KEPT, SWEEP_SECONDS
    settings_class, make = SERVICES[name]
    return process.create_app(settings_class(), make)


def _factory(name: str) -> Callable[[], FastAPI]:
    return lambda: _app(name)


referral, activities, coordinator = map(_factory, ("referral", "activities", "coordinator"))
