"""What a service does with an event: the table of its handlers. Never how an event got here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import ValidationError

from schemas.event import Event
from schemas.strict import FieldError, Invalid, invalid
from services.runtime.transaction import Transaction

INTERNAL = "motesplats."
"""Types that never came from Kafka: a due deadline, a key that stood still."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline of this kind and key has come."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Stalled:
    """The sweep found this key standing still in a state of this kind."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A tombstone of a compacted topic: the key is no more."""

    event_type: type[Event]
    key: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it arrived: where from, when announced (UTC), and what it says."""

    event: Any
    topic: str
    key: str
    type: str
    source: str = ""
    time: datetime | None = None
    sequence: str | None = None
    traceparent: str | None = None
    value: bytes | None = None
    """The event's JSON, for who keeps it as it came."""


class Work(Protocol):
    """What a store loaded for a batch of events, and will save. Handlers change it and nothing else."""

    tx: Transaction


W = TypeVar("W", bound=Work)
Handler = Callable[[W, Any, Delivery], None]
Decoder = Callable[[Mapping[str, str], str, bytes | None], Event]
"""From CloudEvents headers, topic and value to the event; Invalid with every field's path and rule."""


class Handlers(Generic[W]):
    """The handlers of one service, with the store functions round them.

    `load` reads what a batch of deliveries needs, locking its rows; each handler decides in memory, in
    order; `save` writes what they changed. So a batch costs a handful of statements, however many events,
    and a handler can neither wait, nor commit, nor publish.
    """

    def __init__(
        self,
        *,
        load: Callable[[Transaction, Sequence[Delivery]], Awaitable[W]],
        save: Callable[[W], Awaitable[None]],
        decoders: Mapping[str, Decoder] | None = None,
        refuse: Callable[[W, Delivery, Sequence[FieldError]], None] | None = None,
    ) -> None:
        """Take decoders by topic prefix, for topics that strangers write; `refuse` tells them what was wrong."""
        self.load, self.save, self.refuse = load, save, refuse
        self.decoders = dict(decoders or {})
        self.by_event: dict[str, tuple[type[Event], Handler[W]]] = {}
        self.by_internal: dict[str, Handler[W]] = {}

    def on(self, *events: type[Event]) -> Callable[[Handler[W]], Handler[W]]:
        """Have the function called for each event of these classes: `(work, event, delivery)`."""

        def register(handler: Handler[W]) -> Handler[W]:
            for event in events:
                self.by_event[event.type()] = (event, handler)
            return handler

        return register

    def on_deadline(self, kind: str) -> Callable[[Handler[W]], Handler[W]]:
        """Have the function called when a deadline of this kind is due: `(work, Deadline, delivery)`."""
        return self._internal(f"{INTERNAL}deadline.{kind}")

    def on_stalled(self, kind: str) -> Callable[[Handler[W]], Handler[W]]:
        """Have the function called for a key that stood still: `(work, Stalled, delivery)`."""
        return self._internal(f"{INTERNAL}stalled.{kind}")

    def _internal(self, kind: str) -> Callable[[Handler[W]], Handler[W]]:
        def register(handler: Handler[W]) -> Handler[W]:
            self.by_internal[kind] = handler
            return handler

        return register

    def topics(self) -> list[str]:
        """Return the topics whose events the service handles, but for those with a decoder of their own."""
        return sorted({event.topic for event, _ in self.by_event.values() if event.topic not in self.decoders})

    def overtaking(self) -> frozenset[str]:
        """Return the types that do not wait behind a parked event of their key."""
        return frozenset(kind for kind, (event, _) in self.by_event.items() if event.overtakes)

    def handle(self, work: W, delivery: Delivery) -> None:
        """Call the handler of the delivery."""
        if delivery.type.startswith(INTERNAL):
            self.by_internal[delivery.type](work, delivery.event, delivery)
        else:
            self.by_event[delivery.type][1](work, delivery.event, delivery)

    def decode(
        self, headers: Mapping[str, str], topic: str, kind: str, key: str | None, value: bytes | None
    ) -> Delivery:
        """Return the delivery, its event read; Invalid with every field's path and rule if it cannot be read.

        Its type is that of the event that was read: what a stranger's header says chooses no handler.
        """
        event = self._event(headers, topic, kind, key or "", value)
        return Delivery(
            event=event,
            topic=topic,
            key=key or "",
            type=event.type() if isinstance(event, Event) else kind,
            source=headers.get("ce_source", ""),
            time=_time(headers.get("ce_time")),
            sequence=headers.get("ce_sequence"),
            traceparent=headers.get("traceparent"),
            value=value,
        )

    def _event(self, headers: Mapping[str, str], topic: str, kind: str, key: str, value: bytes | None) -> object:
        if kind.startswith(INTERNAL) and not topic:
            what, _, name = kind.removeprefix(INTERNAL).partition(".")
            return Deadline(name, key) if what == "deadline" else Stalled(name, key)
        for prefix, decoder in self.decoders.items():
            if topic.startswith(prefix):
                return decoder(headers, topic, value)
        if kind not in self.by_event:
            raise Invalid((FieldError("ce_type", "is not a type that this service knows"),))
        event = self.by_event[kind][0]
        if value is None:
            return Removed(event, key)
        try:
            return event.model_validate_json(value)
        except ValidationError as error:
            raise invalid(error) from None


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
