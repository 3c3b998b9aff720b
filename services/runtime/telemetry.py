"""What a running process tells about itself: trace, metrics, heartbeats. Never what an event says."""

import re
import secrets
import threading
import time
from collections import Counter as Counts
from collections.abc import Callable, Iterable
from contextvars import ContextVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?P<trace>(?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-(?P<flags>[0-9a-f]{2})(-.*)?"
)

trace: ContextVar[str | None] = ContextVar("trace", default=None)
"""The W3C traceparent of what is being worked on; each task has its own."""


def child_of(traceparent: str | None, drawn: str | None = None) -> str:
    """Return the next span of the same trace; a new trace if there is none or it is malformed.

    `drawn` are 32 hex digits that nobody else uses: they become the trace, their second half the span.
    """
    drawn = drawn or secrets.token_hex(16)
    parent = _TRACEPARENT.fullmatch(traceparent or "")
    trace, flags = (parent["trace"], parent["flags"]) if parent else (drawn, "01")
    return f"00-{trace}-{drawn[16:]}-{flags}"


def trace_id(traceparent: str | None) -> str | None:
    """Return the 32 hex digits that all spans of the trace share."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    return found["trace"] if found else None


def name_of(error: BaseException) -> str:
    """Return the error's type, with the SQLSTATE or errno it carries; its text may repeat values."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    code = getattr(error, "sqlstate", None) or getattr(error, "errno", None)
    return f"{kind}({code})" if isinstance(code, str | int) else kind


REGISTRY = CollectorRegistry()
"""All metrics of this process. Gauges have the label `service`, since one process may run several."""
ProcessCollector(registry=REGISTRY)

landed = Counter("motesplats_landed", "Events stored in the inbox", registry=REGISTRY)
repeated = Counter("motesplats_repeated", "Events that had landed before", registry=REGISTRY)
ignored = Counter("motesplats_ignored", "Events of a known type that the service does not handle", registry=REGISTRY)
handled = Counter("motesplats_handled", "Events handled", ["type"], registry=REGISTRY)
parked = Counter("motesplats_parked", "Events set aside with an error", ["type"], registry=REGISTRY)
sent = Counter("motesplats_sent", "Events sent and acknowledged", registry=REGISTRY)
relay_errors = Counter("motesplats_relay_errors", "Sends that failed", registry=REGISTRY)
oldest_parked_seconds = Gauge(
    "motesplats_oldest_parked_seconds", "Age of the oldest parked event", ["service"], registry=REGISTRY
)
inbox_backlog = Gauge("motesplats_inbox_backlog", "Events not yet handled", ["service"], registry=REGISTRY)
outbox_backlog = Gauge("motesplats_outbox_backlog", "Events not yet sent", ["service"], registry=REGISTRY)
swept = Gauge("motesplats_swept", "Found standing still by the last sweep: 0", ["service"], registry=REGISTRY)
batch_seconds = Histogram(
    "motesplats_batch_seconds",
    "Time of one batch of events, begin to commit",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
    registry=REGISTRY,
)
http_seconds = Histogram(
    "motesplats_http_seconds",
    "Time of one request, by the route's template",
    ["service", "method", "route", "status"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
    registry=REGISTRY,
)


def count_handled(kinds: Iterable[str]) -> None:
    """Count the events of a batch by their type."""
    for kind, number in Counts(kinds).items():
        handled.labels(kind).inc(number)


class Heartbeats:
    """The loops that must not stand still, and when each last moved."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock in seconds."""
        self._clock = clock
        self._limits: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def expect(self, name: str, max_age: float) -> None:
        """Have the loop counted as stale when it has not beaten for `max_age` seconds, from now on."""
        self.beat(name)
        self._limits[name] = max_age

    def beat(self, name: str) -> None:
        """Say that the loop is alive."""
        self._last[name] = self._clock()

    def stale(self) -> list[str]:
        """Return the loops that stand still."""
        now = self._clock()
        return sorted(name for name, limit in list(self._limits.items()) if now - self._last[name] > limit)


def watch(
    heartbeats: Heartbeats, on_stale: Callable[[list[str]], None], stopping: threading.Event, *, every: float = 1.0
) -> None:
    """Look every so many seconds; on the first loop that stands still call `on_stale` with the names and return.

    The process should exit then: whoever starts it starts it again, and nothing is lost by that. For a thread of its
    own: what keeps all loops from their turn would keep a task from its too.
    """
    while not stopping.wait(every):
        if stale := heartbeats.stale():
            on_stale(stale)
            return
