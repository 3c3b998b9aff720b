"""When a message to a health centre's webhook is tried again. Never what it says."""

from datetime import datetime, timedelta
from typing import Final, Literal

State = Literal["queued", "sent", "delivered", "failed"]
"""It waits; is on its way; was taken; will not be sent any more."""

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600, 1_800, *[3_600] * 24))
"""Between attempts: together a little over 24 hours, after which it is given up."""


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when it is tried again after so many attempts; None: not any more."""
    return now + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None
