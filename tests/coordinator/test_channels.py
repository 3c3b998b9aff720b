"""Short messages against a server that says what a test wants, and whom notices reach by which channel."""

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest

from schemas.coordinator import ContactNotified
from services.coordinator.domain.contact_function import Channel
from services.coordinator.domain.notice import Delivery
from services.coordinator.notifier import Message
from services.coordinator.sending import Notices
from services.coordinator.sms import Gateway, Sms, SmsGateway
from services.runtime.webhook import Hook, secret_of
from tests.coordinator.conftest import CONTACT, MUNICIPALITY, Coordinator, a_contact, a_seat
from tests.support.receiver import Receiver, receiving

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
SECRET = bytes(range(32))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "sent"), (400, "refused"), (401, "deferred"), (429, "deferred"), (503, "deferred")],
)
async def test_what_becomes_of_a_short_message(receiver: Receiver, status: int, expected: Delivery) -> None:
    receiver.status = status
    gateway = Gateway(f"http://127.0.0.1:{receiver.port}/sms", "us", "secret", "Motesplats")
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
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
