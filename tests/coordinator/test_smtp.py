import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from ssl import Purpose, SSLContext, create_default_context

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.coordinator.mail import Mail
from services.coordinator.smtp import MailServer, Mark, Smtp
from tests.support.certificates import a_certificate
from tests.support.waiting import until

SENDER = "motesplats@mote.example"


class Server:
    """A real mail server that refuses whom it is told to."""

    def __init__(self, *, pipelines: bool) -> None:
        self.pipelines = pipelines
        self.says: dict[str, str] = {}
        """By recipient, after RCPT."""
        self.says_after_data: dict[str, str] = {}
        self.says_to_sender: str | None = None
        self.hangs_up_on: str | None = None
        """After the mail for this recipient, which it does not take."""
        self.hangs_on: str | None = None
        """After the mail for this recipient: it says nothing until it goes on."""
        self.goes_on = asyncio.Event()
        self.offered: set[str] = set()
        self.taken: list[tuple[str, bytes]] = []
        self.marked: list[bytes] = []
        """By the client, in the order in which it did."""
        self.cannot_mark = self.has_nothing_to_mark_with = False
        self.sessions = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer pipelining, or not."""
        session.host_name = hostname
        self.sessions += 1
        return [*responses[:-1], "250-PIPELINING", responses[-1]] if self.pipelines else responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Welcome the sender, or not."""
        if self.says_to_sender is None:
            envelope.mail_from = address
        return self.says_to_sender or "250 ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take the recipient, or not."""
        answer = self.says.get(address, "250 ok")
        if answer.startswith("250"):
            self.offered.add(address)
            envelope.rcpt_tos.append(address)
        return answer

    @asynccontextmanager
    async def marking(self) -> AsyncIterator[Mark]:
        """Give what keeps marks for the client, while it can."""
        if self.has_nothing_to_mark_with:
            raise ConnectionResetError
        yield self.mark

    async def mark(self, marks: Sequence[bytes]) -> None:
        """Keep a mark for the client, unless it cannot be kept: there is one for each mail that was taken."""
        if self.cannot_mark:
            raise ConnectionResetError
        self.marked += marks
        assert len(self.marked) == len(self.taken)

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail, or not."""
        (to,) = envelope.rcpt_tos
        if to == self.hangs_up_on:
            server.transport.abort()
        if to == self.hangs_on:
            await self.goes_on.wait()
        answer = self.says_after_data.get(to, "250-taken\r\n250 indeed")
        if answer.startswith("250") and to != self.hangs_up_on:
            self.taken.append((to, envelope.original_content or b""))
        return answer


@asynccontextmanager
async def listening(session: Callable[[], asyncio.BaseProtocol], ssl: SSLContext | None = None) -> AsyncIterator[int]:
    """Listen on a free port of this machine, and give it."""
    listener = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=ssl)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await listener.wait_closed()


@asynccontextmanager
async def smtp(server: Server, size: int = 2, is_stopping: Callable[[], bool] = lambda: False) -> AsyncIterator[Smtp]:
    async with (
        listening(lambda: _session(server)) as port,
        Smtp(MailServer("127.0.0.1", port, "none"), SENDER, size, server.marking, is_stopping) as client,
    ):
        yield client


def _session(server: Server) -> SMTP:
    return SMTP(server, hostname="localhost", loop=asyncio.get_running_loop())


def _secured(certificate: Path) -> SSLContext:
    context = create_default_context(Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def mails(*recipients: str) -> list[Mail]:
    return [Mail(to, f"To: <{to}>\r\n\r\nHei\r\n.\r\n..Tur\r\n".encode(), (to.encode(),)) for to in recipients]


@pytest.fixture(params=[True, False], ids=["pipelining", "one command at a time"])
def server(request: pytest.FixtureRequest) -> Server:
    return Server(pipelines=request.param)


async def test_every_mail_arrives_as_it_was_over_connections_that_are_kept(server: Server) -> None:
    recipients = [f"c{number}@mote.example" for number in range(40)]
    async with smtp(server) as client:
        assert await client.send(mails(*recipients)) == ["sent"] * 40
        assert await client.send(mails(*recipients)) == ["sent"] * 40
    assert sorted(to for to, _ in server.taken) == sorted(recipients * 2)
    assert all(text == b"To: <%s>\r\n\r\nHei\r\n.\r\n..Tur\r\n" % to.encode() for to, text in server.taken)
    assert server.sessions == 2
    assert sorted(server.marked) == sorted(to.encode() for to, _ in server.taken)


async def test_a_mail_at_which_the_server_hangs_up_keeps_no_other_waiting(server: Server) -> None:
    server.hangs_up_on = "a@mote.example"
    async with smtp(server, size=1) as client:
        deliveries = await client.send(mails("a@mote.example", "b@mote.example", "c@mote.example"))
    assert deliveries == ["broken_off", "sent", "sent"]


async def test_the_next_mail_is_ended_when_the_one_before_was_answered_and_marked(server: Server) -> None:
    server.hangs_on = "a@mote.example"
    async with smtp(server, size=2) as client:
        sending = asyncio.create_task(client.send(mails(*(f"{name}@mote.example" for name in "abcd"))))
        await until(lambda: server.offered == {"a@mote.example", "b@mote.example"})
        assert not server.taken
        server.goes_on.set()
        assert await sending == ["sent"] * 4
    assert len(server.marked) == 4


async def test_a_mail_on_which_the_server_hangs_is_broken_off_and_the_rest_is_left_in_its_place(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.coordinator.smtp_connection.TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr("services.coordinator.smtp.SENDING_SECONDS", 0.05)
    server.hangs_on = "a@mote.example"
    async with smtp(server, size=2) as client:
        deliveries = await client.send(mails("a@mote.example", "b@mote.example", "c@mote.example"))
        server.goes_on.set()
    assert deliveries == ["broken_off", "away", "away"]


async def test_a_server_that_hangs_up_at_every_mail_is_not_asked_for_each_of_them(server: Server) -> None:
    server.says_after_data = dict.fromkeys((f"c{number}@mote.example" for number in range(50)), "421 closing")
    async with smtp(server, size=2) as client:
        deliveries = await client.send(mails(*server.says_after_data))
    assert sorted(deliveries) == [*["away"] * 46, *["broken_off"] * 4]
    assert server.sessions == 4


async def test_nothing_is_sent_that_could_not_be_marked_unless_it_needs_no_mark(server: Server) -> None:
    server.has_nothing_to_mark_with = True
    async with smtp(server) as client:
        assert await client.send(mails("a@mote.example")) == ["away"]
        assert await client.send([replace(mail, marks=()) for mail in mails("a@mote.example")]) == ["sent"]


async def test_after_a_mail_that_cannot_be_marked_one_is_ended_at_most(server: Server) -> None:
    server.cannot_mark = True
    async with smtp(server, size=2) as client:
        deliveries = await client.send(mails(*(f"c{number}@mote.example" for number in range(5))))
        assert deliveries.count("sent") == len(server.taken) <= 2
        server.cannot_mark = False
        server.taken.clear()
        assert await client.send(mails("a@mote.example")) == ["sent"]


async def test_a_process_that_is_to_end_begins_no_further_mail(server: Server) -> None:
    async with smtp(server, size=1, is_stopping=lambda: len(server.taken) == 2) as client:
        deliveries = await client.send(mails(*(f"c{number}@mote.example" for number in range(5))))
    assert deliveries == ["sent", "sent", "away", "away", "away"]
    assert [to for to, _ in server.taken] == ["c0@mote.example", "c1@mote.example"]


@pytest.mark.parametrize(
    ("answer", "expected"), [("550 5.1.1 no such mailbox", "refused"), ("451 4.2.1 try later", "deferred")]
)
@pytest.mark.parametrize("when", ["says", "says_after_data"])
async def test_one_recipient_that_is_refused_harms_no_other(
    server: Server, when: str, answer: str, expected: str
) -> None:
    getattr(server, when)["b@mote.example"] = answer
    async with smtp(server, size=1) as client:
        deliveries = await client.send(mails("a@mote.example", "b@mote.example", "c@mote.example"))
    assert deliveries == ["sent", expected, "sent"]
    assert [to for to, _ in server.taken] == ["a@mote.example", "c@mote.example"]


async def test_a_sender_that_is_not_welcome_is_no_recipients_fault(server: Server) -> None:
    server.says_to_sender = "550 relaying denied"
    async with smtp(server) as client:
        assert await client.send(mails("a@mote.example", "b@mote.example")) == ["away", "away"]
        server.says_to_sender = None
        assert await client.send(mails("a@mote.example")) == ["sent"]


async def test_an_address_of_other_letters_is_refused_where_the_server_cannot_take_it(server: Server) -> None:
    async with smtp(server) as client:
        assert await client.send(mails("åse@mote.example", "a@mote.example")) == ["refused", "sent"]


async def test_a_server_that_hangs_up_in_the_middle_leaves_the_rest_for_later(server: Server) -> None:
    server.says["b@mote.example"] = "421 closing"
    async with smtp(server, size=1) as client:
        assert (await client.send(mails("a@mote.example", "b@mote.example")))[0] == "sent"
        server.says.clear()
        assert await client.send(mails("b@mote.example")) == ["sent"]


@pytest.mark.parametrize("pipelining", ["250 PIPELINING", "250 HELP"])
async def test_a_server_that_refuses_a_recipient_and_hangs_up_has_refused(pipelining: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in ("220 hello", f"250-here\r\n{pipelining}", "250 ok", "550 no such mailbox"):
            writer.write(f"{answer}\r\n".encode())
            await reader.readline()
        writer.close()

    async with talking(talk) as client:
        assert await client.send(mails("a@mote.example")) == ["refused"]


async def test_mails_go_over_a_connection_that_becomes_encrypted_to_a_server_that_we_signed_in_to(
    tmp_path: Path,
) -> None:
    server, certificate = Server(pipelines=True), a_certificate("localhost", tmp_path)
    secured = _secured(certificate)

    def session() -> SMTP:
        return SMTP(
            server,
            hostname="localhost",
            loop=asyncio.get_running_loop(),
            tls_context=secured,
            require_starttls=True,
            auth_required=True,
            authenticator=_knows_us,
        )

    async with listening(session) as port:
        known = MailServer("localhost", port, "starttls", "motesplats", "secret", str(certificate))
        async with Smtp(known, SENDER, 1, server.marking) as client:
            assert await client.send(mails("a@mote.example", "b@mote.example")) == ["sent", "sent"]
        async with Smtp(replace(known, password="wrong"), SENDER, 1, server.marking) as client:
            assert await client.send(mails("a@mote.example")) == ["away"]
        async with Smtp(replace(known, ca_file=None), SENDER, 1, server.marking) as client:
            assert await client.send(mails("a@mote.example")) == ["away"]  # whoever that is, it is not our mail server
    assert len(server.taken) == 2


async def test_mails_go_over_a_connection_that_is_encrypted_from_the_start(tmp_path: Path) -> None:
    server, certificate = Server(pipelines=True), a_certificate("localhost", tmp_path)
    async with listening(lambda: _session(server), ssl=_secured(certificate)) as port:
        known = MailServer("localhost", port, "tls", ca_file=str(certificate))
        async with Smtp(known, SENDER, 1, server.marking) as client:
            assert await client.send(mails("a@mote.example", "b@mote.example")) == ["sent", "sent"]
    assert len(server.taken) == 2


async def test_nothing_to_send_opens_no_connection(server: Server) -> None:
    async with smtp(server) as client:
        assert await client.send([]) == []
    assert server.sessions == 0


async def test_a_server_that_is_not_there_is_away() -> None:
    async with Smtp(MailServer("127.0.0.1", 1, "none"), SENDER, 2, Server(pipelines=True).marking) as client:
        assert await client.send(mails("a@mote.example")) == ["away"]


async def test_a_server_that_talks_nonsense_is_away() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-here\r\n250 PIPELINING\r\n")
        await reader.readline()
        writer.write(b"what?\r\n" * 10)
        await reader.read()
        writer.close()

    async with talking(talk) as client:
        assert await client.send(mails("a@mote.example")) == ["away"]


@asynccontextmanager
async def talking(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Smtp]:
    async with (
        listening(lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(), talk)) as port,
        Smtp(MailServer("127.0.0.1", port, "none"), SENDER, 1, Server(pipelines=True).marking) as client,
    ):
        yield client


def _knows_us(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object) -> AuthResult:
    return AuthResult(success=given == LoginPassword(b"motesplats", b"secret"), handled=False)
