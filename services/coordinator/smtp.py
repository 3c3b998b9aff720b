"""Handing mails to a mail server over several kept connections, and marking each. Never what a mail says.

All is done side by side but for the end of a mail, on which the server takes it: only one at a time is ended and
marked, so that whoever is killed has one mail at most that was taken and is not known to be.

aiosmtplib connects, encrypts and signs in; then `Connection` takes the transport over, because aiosmtplib waits
for every reply, and pipelining (RFC 2920) needs two round trips for a mail instead of four.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, TypeVar

import aiosmtplib
import structlog

from services.coordinator.mail import Mail
from services.runtime.crash_points import come_by
from services.runtime.telemetry import name_of

T = TypeVar("T")
Mark = Callable[[Sequence[bytes]], Awaitable[None]]
"""Keeps that what a mail tells was handed over."""
Delivery = Literal["sent", "refused", "deferred", "away"]
"""The server took it; will never take it; says later; or cannot be talked to."""

TIMEOUT_SECONDS: Final = 20.0
"""For a connection, and for one mail."""
SENDING_SECONDS: Final = 20.0
"""After this no further mail of a batch is ended: neither may its lease end while it is sent, nor its loop be taken
for one that stands still."""
LONGEST_REPLY: Final = 65_536
TAKEN, GO_ON, FAILS, FAILS_FOR_EVER = 200, 354, 400, 500

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
    marking: asyncio.Future[None] | None = None
    """Of the mail that was ended last."""
    is_broken_off: bool = False

    async def marked(self) -> None:
        """Wait for the mark; where a mail could not be marked, no other is to be in the same case."""
        if self.marking is not None:
            try:
                await self.marking
            except Exception as error:  # noqa: BLE001 - what was sent is still to be recorded
                log.warning("mail_not_marked", error=name_of(error))
                self.is_broken_off = True


class Smtp:
    """Sends mails from one address over up to `size` connections, and keeps them for the next round_."""

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
        until = asyncio.get_running_loop().time() + SENDING_SECONDS
        try:
            async with self._marking() as mark:
                round_ = Round(iter(enumerate(mails)), deliveries, mark, until)
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._size, len(mails))):
                        group.create_task(self._work(round_))
                await round_.marked()
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("mails_not_marked", error=name_of(error))
        return deliveries

    async def _work(self, round_: Round) -> None:
        """Send mails one after the other, until there are none, the server is away or the time is over.

        Those that were not taken count as if the server were away: they keep their place. One at which the server
        hangs up keeps no other waiting.
        """
        try:
            connection = await self._connection()
            for place, mail in round_.queue:
                if not connection.is_open:
                    connection = await self._connection()
                if self._is_over(round_):
                    break
                try:
                    await self._hand_over(connection, round_, place, mail)
                except (OSError, TimeoutError) as error:
                    log.warning("mail_broken_off", error=name_of(error))
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            log.warning("mail_server_away", error=name_of(error), status=getattr(error, "code", None))
        else:
            self._idle.append(connection)

    def _is_over(self, round_: Round) -> bool:
        return round_.is_broken_off or self._is_stopping() or asyncio.get_running_loop().time() > round_.until

    async def _hand_over(self, connection: "Connection", round_: Round, place: int, mail: Mail) -> None:
        """Keep what becomes of the mail; OSError, TimeoutError or SMTPException when the server is away."""
        verdict = await connection.begin(mail)
        if verdict is not None:
            round_.deliveries[place] = verdict
            return
        async with self._turn:
            if self._is_over(round_):
                connection.break_off()
                return
            round_.deliveries[place] = await connection.end(mail)
            if round_.deliveries[place] == "sent" and mail.marks:
                come_by("handed_over")
                await self._mark(mail, round_)

    async def _mark(self, mail: Mail, round_: Round) -> None:
        """Have the mail marked: when this returns that has left the process, and nobody has to wait for the answer.

        PostgreSQL does what it was sent, also when the one who asked is killed.
        """
        await round_.marked()
        round_.marking = asyncio.ensure_future(round_.mark(mail.marks))
        for _ in ("written", "sent"):  # an event loop may send at the end of a turn what was written in it
            await asyncio.sleep(0)

    async def _connection(self) -> "Connection":
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
            tls_context=ssl.create_default_context(cafile=server.ca_file) if server.tls != "none" else None,
            timeout=TIMEOUT_SECONDS,
        )
        await client.connect()
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        return Connection(client, self._mail_from)


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
