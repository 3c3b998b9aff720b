"""How often an address may guess a secret that stands in a link. Never the secrets, and nothing outlives the process.

Only wrong ones count. Whoever guessed too often is refused whatever they show, else the limit would tell which is
right. Of an IPv6 address the network counts, for its holder has all the rest.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

from fastapi import Request

from services.runtime.errors import TooMany

MOST_WRONG: Final = 20
WITHIN: Final = timedelta(minutes=10)
MOST_ADDRESSES: Final = 10_000
"""Remembered at a time; beyond, the one that began first is forgotten."""
NETWORK_BYTES: Final = 8


class Guesses:
    """Counts the wrong guesses of each address."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Take the clock (UTC)."""
        self._clock = clock
        self._wrong: OrderedDict[bytes, tuple[datetime, int]] = OrderedDict()

    def check(self, request: Request) -> None:
        """Raise TooMany if the sender has guessed wrong too often."""
        began, count = self._of(_sender(request))
        if count >= MOST_WRONG:
            raise TooMany(began + WITHIN - self._clock())

    def wrong(self, request: Request) -> None:
        """Count a wrong guess."""
        sender = _sender(request)
        began, count = self._of(sender)
        self._wrong[sender] = began, count + 1
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)

    def _of(self, sender: bytes) -> tuple[datetime, int]:
        now = self._clock()
        began, count = self._wrong.get(sender, (now, 0))
        if now - began < WITHIN:
            return began, count
        self._wrong.pop(sender, None)
        return now, 0


def _sender(request: Request) -> bytes:
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host.encode()
    return address.packed[:NETWORK_BYTES] if isinstance(address, IPv6Address) else address.packed
