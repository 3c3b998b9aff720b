"""One connection to a mail server. Never what a mail says, never which mails are sent.

aiosmtplib connects, encrypts and signs in; then `Connection` takes the transport over, because aiosmtplib waits
for every reply, and pipelining (RFC 2920) needs two round trips for a mail instead of four.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

import aiosmtplib

from services.coordinator.domain.notice import Delivery
from services.coordinator.mail import Mail

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 20.0
"""For a connection, and for each half of a mail."""
LONGEST_REPLY: Final = 65_536
GO_ON, FAILS, CLOSES, FAILS_FOR_EVER = 354, 400, 421, 500


class Connection(asyncio.Protocol):
    """A connection to a mail server that is signed in and takes one mail after the other."""

    def __init__(self, client: aiosmtplib.SMTP, mail_from: str) -> None:
        """Take a connected client's transport over."""
        transport: Any = client.transport
        transport.set_protocol(self)
        self._transport: asyncio.Transport = transport
        self._pipelines = client.supports_extension("pipelining")
        self._takes_any_letter = client.supports_extension("smtputf8")
        self._mail_from = mail_from
        self._received = bytearray()
        self._codes: list[int] = []
        self._wanted = 0
        self._answered: asyncio.Future[None] | None = None
        self.is_open = True

    def close(self) -> None:
        """Take leave and hang up."""
        if self.is_open:
            self._transport.write(b"QUIT\r\n")
        self._transport.close()

    def break_off(self) -> None:
        """Hang up at once: the server forgets a mail that was begun and not ended."""
        self.is_open = False
        self._transport.abort()

    async def begin(self, mail: Mail) -> Delivery | None:
        """Offer the mail; None: the server waits for it, else what became of it. Raises as `end`."""
        if not mail.to.isascii() and not self._takes_any_letter:
            return "refused"
        return await self._in_time(self._begin(mail))

    async def end(self, mail: Mail) -> Delivery:
        """Hand over what was begun; OSError, TimeoutError or SMTPException when the server is away."""
        return await self._in_time(self._end(mail))

    async def _in_time(self, step: Coroutine[Any, Any, T]) -> T:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await step
        except BaseException:
            self.break_off()
            raise

    async def _begin(self, mail: Mail) -> Delivery | None:
        letters = "" if mail.to.isascii() else " SMTPUTF8"
        codes = await self._ask(
            f"MAIL FROM:<{self._mail_from}>{letters}\r\n".encode(), f"RCPT TO:<{mail.to}>\r\n".encode(), b"DATA\r\n"
        )
        sender, recipient, data = (*codes, FAILS, FAILS)[:3]
        if sender >= FAILS:
            # Not the recipient's fault: we are not welcome here, which an operator has to see to.
            raise aiosmtplib.SMTPResponseException(sender, "the sender is refused")
        if recipient < FAILS and data == GO_ON:
            return None
        if data == GO_ON:
            await self._ask(b".\r\n")
        return await self._refused(recipient if recipient >= FAILS else data)

    async def _end(self, mail: Mail) -> Delivery:
        (verdict,) = await self._ask(mail.text.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return "sent" if verdict < FAILS else await self._refused(verdict)

    async def _refused(self, verdict: int) -> Delivery:
        if verdict == CLOSES:  # no fault of this mail: nobody is served any more
            raise ConnectionResetError
        with suppress(OSError):  # some hang up on whom they refuse: what they said stands
            await self._ask(b"RSET\r\n")
        return "refused" if verdict >= FAILS_FOR_EVER else "deferred"

    async def _ask(self, *commands: bytes) -> list[int]:
        """Return the code of each reply; of fewer if one failed, and the server hung up or wants one at a time."""
        if self._pipelines:
            return await self._replies(b"".join(commands), len(commands))
        codes: list[int] = []
        for command in commands:
            codes += await self._replies(command, 1)
            if codes[-1] >= FAILS:
                break
        return codes

    async def _replies(self, written: bytes, count: int) -> list[int]:
        self._wanted, self._answered = count, asyncio.get_running_loop().create_future()
        self._codes.clear()
        if not self.is_open:
            raise ConnectionResetError
        self._transport.write(written)
        await self._answered
        return self._codes[:count]

    def data_received(self, data: bytes) -> None:
        """Read the codes of whole replies; a reply that nobody waits for is the server's farewell."""
        self._received += data
        while (end := self._received.find(b"\n")) >= 0:
            line = bytes(self._received[:end])
            del self._received[: end + 1]
            if line[3:4] != b"-":
                self._codes.append(int(line[:3]) if line[:3].isdigit() else FAILS)
        if self._answered is None or len(self._received) > LONGEST_REPLY or len(self._codes) > self._wanted:
            self._transport.abort()
        elif len(self._codes) == self._wanted and not self._answered.done():
            self._answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits: what was said before stands."""
        self.is_open = False
        if self._answered is None or self._answered.done():
            return
        if self._codes:
            self._answered.set_result(None)
        else:
            self._answered.set_exception(error or ConnectionResetError())
