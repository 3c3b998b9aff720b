"""Places at which a test has the process killed, to show that nothing hangs on any of them. Never on by itself.

`MOTESPLATS_CRASH_AT=committed:3` kills the process, without a word, when it comes by that place for the third time.
"""

import os
import signal
from collections.abc import Callable
from typing import Final, Literal

Place = Literal[
    "landed", "decided", "written", "committed", "sent", "handed_over", "marked", "firing", "importing", "imported"
]
"""Landed and not acknowledged; decided and not written; written and not committed; committed and not yet sent; sent
and not marked; handed over to a mail server and not marked; marked and not recorded; while a deadline fires; before
and after an import's commit."""


def _pass_by(_place: Place) -> None:
    """Do nothing, as everywhere but in a test."""


def _crash_at(wanted: str, times: int) -> Callable[[Place], None]:
    left = times

    def come_by(place: Place) -> None:
        nonlocal left
        if place == wanted:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return come_by


def _told(text: str) -> Callable[[Place], None]:
    place, _, times = text.partition(":")
    return _crash_at(place, int(times or 1)) if place else _pass_by


come_by: Final = _told(os.environ.get("MOTESPLATS_CRASH_AT", ""))
"""Called with the name of a place; once at the start of the process it was decided whether that does anything."""
