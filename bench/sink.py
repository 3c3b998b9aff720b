"""An SMTP server that takes every mail and remembers only when: the cheapest honest other end."""

import asyncio
import re
from collections.abc import Callable
from time import perf_counter
from typing import cast

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)


class Sink(asyncio.Protocol):
    """One connection; speaks enough SMTP with PIPELINING, and tells each mail's Message-ID and time."""

    def __init__(self, took: Callable[[str, float], None]) -> None:
        """Take what to call after each 250 that ends a DATA."""
        self.took, self.pending, self.in_data = took, bytearray(), False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self.transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every whole command, and every whole mail."""
        self.pending += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = self.pending.find(b"\r\n.\r\n" if self.in_data else b"\r\n")
        if end < 0:
            return False
        taken = bytes(self.pending[:end])
        del self.pending[: end + (5 if self.in_data else 2)]
        if self.in_data:
            self.in_data = False
            self.transport.write(b"250 taken\r\n")
            found = _MESSAGE_ID.search(taken)
            self.took(found[1].decode() if found else "", perf_counter())
            return True
        word = taken[:4].upper()
        if word == b"EHLO":
            self.transport.write(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
        elif word == b"DATA":
            self.in_data = True
            self.transport.write(b"354 go on\r\n")
        elif word == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")
        return True
