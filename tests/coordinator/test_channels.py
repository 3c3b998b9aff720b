"""Webhooks and short messages, each against a server that says what a test wants."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest

from schemas.coordinator import ContactNotified
from services.coordinator.domain.contact_function import Channel
from services.coordinator.notifier import Message
from services.coordinator.sending import Notices
from services.coordinator.sms import Gateway, Sms, SmsGateway
from services.coordinator.smtp import Delivery
from services.coordinator.webhook import Hook, Webhooks, public_address, secret_of
from tests.coordinator.conftest import CONTACT, MUNICIPALITY, Coordinator, a_contact, a_seat

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
SECRET = bytes(range(32))


@dataclass
class Receiver:
    """An HTTP server that answers with one status, and keeps what it was sent."""

    status: int = 200
    location: str = ""
    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the last request."""
        lines = self.heads[-1].split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().removesuffix("\r\n\r\n")
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(int(self.headers["content-length"])))
        location = f"Location: {self.location}\r\n" if self.location else ""
        writer.write(f"HTTP/1.1 {self.status} X\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    listening = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    await listening.wait_closed()


async def here(_host: str, _port: int) -> str:
    return "127.0.0.1"


@asynccontextmanager
async def webhooks() -> AsyncIterator[Webhooks]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Webhooks(http, here)


def a_hook(receiver: Receiver) -> Hook:
    return Hook(f"http://forening.example:{receiver.port}/motesplats?x=1", "invitation-1", SECRET, NOW, {"a": "ø"})


async def test_a_webhook_is_signed_as_standard_webhooks_are(receiver: Receiver) -> None:
    async with webhooks() as sending:
        assert await sending.send([a_hook(receiver)]) == ["sent"]
    told = receiver.headers
    signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + receiver.bodies[0]
    expected = base64.b64encode(hmac.digest(SECRET, signed, "sha256")).decode()
    assert told["webhook-signature"] == f"v1,{expected}"
    assert (told["webhook-id"], told["webhook-timestamp"]) == ("invitation-1", "1741780800")
    assert told["host"] == f"forening.example:{receiver.port}"
    assert receiver.heads[0].startswith("POST /motesplats?x=1 ")
    assert json.loads(receiver.bodies[0]) == {"a": "ø"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(204, "sent"), (301, "refused"), (307, "refused"), (410, "refused"), (404, "refused"), (500, "deferred")],
)
async def test_what_becomes_of_a_webhook(receiver: Receiver, status: int, expected: Delivery) -> None:
    receiver.status, receiver.location = status, f"http://127.0.0.1:{receiver.port}/elsewhere" if status < 400 else ""
    async with webhooks() as sending:
        assert await sending.send([a_hook(receiver)]) == [expected]
    assert len(receiver.heads) == 1  # no redirect is followed


async def test_a_webhook_that_nobody_listens_at_is_tried_later() -> None:
    async with webhooks() as sending:
        assert await sending.send([Hook("http://forening.example:1/", "1", SECRET, NOW, {})]) == ["deferred"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.1.2.3", "192.168.1.1", "169.254.169.254", "0.0.0.0", "::1", "fd00::1", "100.64.0.1"],  # noqa: S104 - an address to refuse
)
async def test_no_private_address_is_called(host: str) -> None:
    assert await public_address(host, 443) is None
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"https://[{host}]/" if ":" in host else f"https://{host}/"
        assert await Webhooks(http).send([Hook(url, "1", SECRET, NOW, {})]) == ["refused"]


async def test_a_public_address_may_be_called() -> None:
    assert await public_address("93.184.215.14", 443) == "93.184.215.14"


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "sent"), (400, "refused"), (401, "deferred"), (429, "deferred"), (503, "deferred")],
)
async def test_what_becomes_of_a_short_message(receiver: Receiver, status: int, expected: Delivery) -> None:
    receiver.status = status
    gateway = Gateway(f"http://127.0.0.1:{receiver.port}/sms", "us", "secret", "Motesplats")
    async with httpx.AsyncClient(trust_env=False) as http:
        assert await SmsGateway(gateway, http).send([Sms("+4777012345", "Noen vil komme")]) == [expected]
    form = {"from": ["Motesplats"], "to": ["+4777012345"], "message": ["Noen vil komme"]}
    assert parse_qs(receiver.bodies[0].decode()) == form
    assert receiver.headers["authorization"] == f"Basic {base64.b64encode(b'us:secret').decode()}"


class Keeping:
    """A notifier that takes everything and keeps it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, messages: Sequence[Message], /) -> Sequence[Delivery]:
        """Keep the messages."""
        self.messages += messages
        return ["sent"] * len(messages)


def keeping(coordinator: Coordinator, *channels: Channel) -> tuple[Notices, Keeping]:
    (step,) = [loop.step for loop in coordinator.service.service._loops if loop.name == "notifier"]
    kept = Keeping()
    return replace(step.__self__, notifier=kept, channels=frozenset(channels), most=3), kept  # type: ignore[attr-defined]  # a bound method


async def test_a_function_with_a_phone_alone_gets_a_short_message(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(email=None, phone="+4777012345"), a_seat())
    notices, kept = keeping(coordinator, "email", "sms")
    await notices.send_due(coordinator.service.clock())
    (message,) = kept.messages
    assert isinstance(message, Sms)
    assert message.to == "+4777012345"
    assert message.text.startswith("Noen vil komme til Tur i Folkeparken. http://testserver/coordinator/answer/")
    (notified,) = await coordinator.service.announced(ContactNotified)
    assert (notified.event.channel, notified.event.contact_id) == ("sms", CONTACT)


async def test_a_function_with_a_webhook_is_called_there_and_knows_the_secret(coordinator: Coordinator) -> None:
    url = "https://forening.example/motesplats"
    await coordinator.service.deliver(a_contact(webhook=url), a_seat())
    notices, kept = keeping(coordinator, "email", "webhook")
    await notices.send_due(coordinator.service.clock())
    (hook,) = kept.messages
    assert isinstance(hook, Hook)
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        shown = (await client.get(f"/coordinator/contacts/{CONTACT}/webhook")).json()
    assert shown == {"url": url, "secret": f"whsec_{base64.b64encode(hook.secret).decode()}"}
    (told,) = hook.content["data"]["notices"]
    assert (told["notice"], told["activity"], told["organiser"]) == (
        "invitation",
        "Tur i Folkeparken",
        "Tromsø kommune",
    )
    assert told["answer_url"].startswith("http://testserver/coordinator/answer/")
    (notified,) = await coordinator.service.announced(ContactNotified)
    assert notified.event.channel == "webhook"


async def test_another_municipality_does_not_learn_the_secret(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(webhook="https://forening.example/motesplats"))
    async with coordinator.service.client("coordinator", municipality="NO-5503") as client:
        assert (await client.get(f"/coordinator/contacts/{CONTACT}/webhook")).status_code == 404


def test_each_address_has_a_secret_of_its_own() -> None:
    made = {
        secret_of(SECRET, function, url)
        for function in ("1", "2")
        for url in ("https://a.example", "https://b.example")
    }
    assert len(made) == 4
