"""What hands notices over, by whichever channel each goes. Never what they say, never whether they may be sent."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import structlog

from services.coordinator.domain.notice import Delivery
from services.coordinator.mail import Mail
from services.coordinator.sms import Sms
from services.runtime.telemetry import name_of
from services.runtime.webhook import Hook

log = structlog.get_logger(__name__)

Message = Mail | Sms | Hook
M_contra = TypeVar("M_contra", contravariant=True)


class Notifier(Protocol[M_contra]):
    """Hands messages over and tells what became of each."""

    async def send(self, messages: Sequence[M_contra], /) -> Sequence[Delivery]:
        """Return what became of each message, in order."""


async def send_all(notifier: Notifier[Message], makes: Sequence[Callable[[], Message]]) -> list[Delivery | None]:
    """Return what became of each message; None of one that cannot be made, which keeps no other from being sent."""
    messages: dict[int, Message] = {}
    for place, make in enumerate(makes):
        try:
            messages[place] = make()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of this message alone
            log.error("message_not_made", error=name_of(error))  # noqa: TRY400 - its text may hold an address
    deliveries: list[Delivery | None] = [None] * len(makes)
    for place, delivery in zip(messages, await notifier.send(list(messages.values())), strict=True):
        deliveries[place] = delivery
    return deliveries


class Channels:
    """Hands each message to the notifier of its kind."""

    def __init__(self, by_kind: Mapping[type[Message], Notifier[Message]]) -> None:
        self._by_kind = by_kind

    async def send(self, messages: Sequence[Message]) -> list[Delivery]:
        """Return what became of each message; what is late on one channel keeps no other waiting for long."""
        places: dict[type[Message], list[int]] = defaultdict(list)
        for place, message in enumerate(messages):
            places[type(message)].append(place)
        sending = [self._by_kind[kind].send([messages[place] for place in found]) for kind, found in places.items()]
        deliveries: list[Delivery] = ["deferred"] * len(messages)
        for found, became in zip(places.values(), await asyncio.gather(*sending), strict=True):
            for place, delivery in zip(found, became, strict=True):
                deliveries[place] = delivery
        return deliveries
