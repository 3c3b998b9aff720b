"""Handing mails to a mail server over several kept connections, and marking each. Never what a mail says.

All is done side by side but for the end of a mail, on which the server takes it: only one at a time is ended and
marked, so that whoever is killed has one mail at most that was taken and is not known to be.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Final, Literal, Self

import aiosmtplib
import structlog

from services.coordinator.domain.notice import Delivery
from services.coordinator.mail import Mail
from services.coordinator.smtp_connection import TIMEOUT_SECONDS, Connection
from services.runtime.crash_points import come_by
from services.runtime.telemetry import name_of
from services.runtime.tls import trusted

Mark = Callable[[Sequence[bytes]], Awaitable[None]]
"""Keeps that what a mail tells was handed over."""
HANG_UPS: Final = 2
"""At so many mails in a row, and it is the server and not the mails."""
SENDING_SECONDS: Final = 20.0
"""After this no further mail of a batch is ended: neither may its lease end while it is sent, nor its loop be taken
for one that stands still."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    """With it, the server's certificate is checked against it instead of the system's authorities."""


@dataclass(slots=True)
class Round:
    """Mails that are sent together, and what became of each."""

    queue: Iterator[tuple[int, Mail]]
    deliveries: list[Delivery]
    mark: Mark
    until: float
    """In the loop's time."""
    last_mark: asyncio.Future[None] | None = None
    """That of the mail that was ended last, which may still be on its way."""
    is_broken_off: bool = False

    async def marked(self) -> None:
        """Wait for the mark; where a mail could not be marked, no other is to be in the same case."""
        if self.last_mark is not None:
            try:
                await self.last_mark
            except Exception as error:  # noqa: BLE001 - what was sent is still to be recorded
                log.warning("mail_not_marked", error=name_of(error))
                self.is_broken_off = True


class Smtp:
    """Sends mails from one address over up to `size` connections, and keeps them for the next round."""

    def __init__(
        self,
        server: MailServer,
        mail_from: str,
        size: int,
        marking: Callable[[], AbstractAsyncContextManager[Mark]],
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take also what keeps the marks of each mail that was taken, and what tells that the process is to end.

        No mail is ended then, which nobody could write down.
        """
        self._server, self._mail_from, self._size = server, mail_from, size
        self._marking, self._is_stopping = marking, is_stopping
        self._tls = _tls_of(server)
        self._idle: list[Connection] = []
        self._turn = asyncio.Lock()
        """Whoever has it may end a mail."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def send(self, mails: Sequence[Mail]) -> list[Delivery]:
        """Return what became of each mail."""
        deliveries: list[Delivery] = ["away"] * len(mails)
        needs_marks = any(mail.marks for mail in mails)
        async with AsyncExitStack() as stack:
            try:
                mark = await stack.enter_async_context(self._marking()) if needs_marks else _no_mark
            except Exception as error:  # noqa: BLE001 - whatever keeps it from marking
                log.warning("mails_not_marked", error=name_of(error))
                return deliveries
            until = asyncio.get_running_loop().time() + SENDING_SECONDS
            round_ = Round(iter(enumerate(mails)), deliveries, mark, until)
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._size, len(mails))):
                        group.create_task(self._work(round_))
            finally:
                await round_.marked()
        return deliveries

    async def _work(self, round_: Round) -> None:
        """Send mails one after the other, until there are none, the server is away or the time is over.

        Those that were not taken count as if the server were away: they keep their place. One at which the server
        hangs up keeps no other waiting; two in a row are the server.
        """
        hung_up = 0
        try:
            connection = await self._connection()
            for place, mail in round_.queue:
                if not connection.is_open:
                    connection = await self._connection()
                if self._is_over(round_):
                    break
                try:
                    await self._hand_over(connection, round_, place, mail)
                except (OSError, TimeoutError):
                    hung_up += 1
                    if hung_up == HANG_UPS:
                        raise
                else:
                    hung_up = 0
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            log.warning("mail_server_away", error=name_of(error), status=getattr(error, "code", None))
        else:
            self._idle.append(connection)

    def _is_over(self, round_: Round) -> bool:
        return round_.is_broken_off or self._is_stopping() or asyncio.get_running_loop().time() > round_.until

    async def _hand_over(self, connection: Connection, round_: Round, place: int, mail: Mail) -> None:
        """Keep what becomes of the mail; OSError, TimeoutError or SMTPException when the server is away."""
        verdict = await connection.begin(mail)
        if verdict is not None:
            round_.deliveries[place] = verdict
            return
        async with self._turn:
            if self._is_over(round_):
                connection.break_off()
                return
            round_.deliveries[place] = "broken_off"
            round_.deliveries[place] = await connection.end(mail)
            if round_.deliveries[place] == "sent" and mail.marks:
                come_by("handed_over")
                await self._mark(mail, round_)

    async def _mark(self, mail: Mail, round_: Round) -> None:
        """Have the mail marked: when this returns that has left the process, and nobody has to wait for the answer.

        PostgreSQL does what it was sent, also when the one who asked is killed.
        """
        await round_.marked()
        round_.last_mark = asyncio.ensure_future(round_.mark(mail.marks))
        for _ in ("written", "sent"):  # an event loop may send at the end of a turn what was written in it
            await asyncio.sleep(0)

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            connection.close()
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            tls_context=self._tls,
            timeout=TIMEOUT_SECONDS,
        )
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        return Connection(client, self._mail_from)


def _tls_of(server: MailServer) -> ssl.SSLContext | None:
    if server.tls == "none":
        return None
    return ssl.create_default_context(cafile=server.ca_file) if server.ca_file else trusted()


async def _no_mark(_marks: Sequence[bytes]) -> None:
    """Keep nothing, for mails that nobody records."""
