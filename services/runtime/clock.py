"""The time that the processes of a service agree on: their database's. Never the time of one host alone."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import text

from services.runtime.connection import Database
from services.runtime.transaction import utc_now

_NOW = text("select clock_timestamp()")


class DatabaseClock:
    """The host's clock, put right by the database's.

    Leases and deadlines are kept by time: of two processes whose hosts disagree by more than a lease, one would think
    that the other's had ended.
    """

    def __init__(self, host: Callable[[], datetime] = utc_now) -> None:
        """Take the clock of the host (UTC)."""
        self._host, self._off = host, timedelta()

    def __call__(self) -> datetime:
        """Return the time (UTC)."""
        return self._host() - self._off

    async def put_right(self, engine: Database) -> None:
        """Look at the database's clock, and go by it from now on."""
        async with engine.connect() as connection:
            before = self._host()
            theirs: datetime = await connection.scalar(_NOW)
            after = self._host()
        self._off = before + (after - before) / 2 - theirs
