"""A mail server that keeps what it is given, in memory, and sends nothing on. Never for anybody's real mail."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from itertools import islice
from typing import Self
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST = 1024 * 1024

logging.getLogger("mail.log").setLevel(logging.ERROR)  # below that, aiosmtpd writes addresses to the log


@dataclass(frozen=True)
class Mail:
    """One mail as it was handed over; `to` are the addresses it was delivered to."""

    number: int
    to: tuple[str, ...]
    raw: bytes
    received_at: datetime

    @cached_property
    def message(self) -> EmailMessage:
        """The mail with its headers and parts."""
        return message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)

    @property
    def subject(self) -> str:
        """The subject, empty without one."""
        return str(self.message.get("Subject", ""))

    @property
    def message_id(self) -> str:
        """The Message-ID, empty without one."""
        return str(self.message.get("Message-ID", ""))

    @property
    def text(self) -> str:
        """The plain text; the whole source where there is none that can be read."""
        part = self.message.get_body(("plain",))
        if part:
            with suppress(LookupError):  # of a character set that nobody knows
                return str(part.get_content()).replace("\r\n", "\n")
        return self.raw.decode(errors="replace")


class MailCatcher:
    """An SMTP server on 127.0.0.1, on this event loop, that keeps the last mails in memory.

    Used as `async with MailCatcher() as catcher`, or with `start` and `stop`; the port stays over a restart.
    """

    def __init__(self, port: int = 0, *, keep: int = 10_000) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.messages: deque[Mail] = deque(maxlen=keep)
        """Oldest first."""
        self.received = 0
        """How many there were, also those no longer kept."""
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._sessions: WeakSet[SMTP] = WeakSet()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, at first on a free port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._open_session, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and hang up; the mails stay."""
        if self._server:
            self._server.close()
            for session in self._sessions:
                if session.transport:
                    session.transport.close()
            await self._server.wait_closed()
            self._server = None

    def _open_session(self) -> SMTP:
        session = SMTP(
            self, hostname="localhost", enable_SMTPUTF8=True, data_size_limit=LARGEST, loop=asyncio.get_running_loop()
        )
        self._sessions.add(session)
        return session

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd calls it
        """Keep a mail."""
        mail = Mail(
            number=self.received + 1,
            to=tuple(envelope.rcpt_tos),
            raw=bytes(envelope.original_content or b""),
            received_at=datetime.now(UTC),
        )
        self.received = mail.number
        self.messages.append(mail)
        async with self._arrived:
            self._arrived.notify_all()
        return "250 Caught"

    async def mails(self, *, after: int = 0) -> AsyncIterator[Mail]:
        """Yield the mails kept, oldest first, after a number, and then for ever each that arrives."""
        while True:
            mail = await self.next_mail(after=after)
            yield mail
            after = mail.number

    async def next_mail(self, is_wanted: Callable[[Mail], bool] = bool, *, after: int = 0) -> Mail:
        """Return the first mail after a number that is wanted, when it is there."""
        async with self._arrived:
            while True:
                for mail in self._kept(after):
                    if is_wanted(mail):
                        return mail
                after = self.received
                await self._arrived.wait()

    def mail(self, number: int) -> Mail | None:
        """Return a mail by its number, None when it is not kept."""
        return next((mail for mail in self._kept(number - 1) if mail.number == number), None)

    def _kept(self, after: int) -> list[Mail]:
        forgotten = self.received - len(self.messages)
        return list(islice(self.messages, max(0, after - forgotten), None))
