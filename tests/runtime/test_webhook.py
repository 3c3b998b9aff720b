"""Calls of webhooks, against a server that says what a test wants."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.runtime.webhook import Became, Called, Hook, Webhooks, public_address
from tests.support.receiver import Receiver, certified, here, receiving
from tests.support.waiting import until

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
SECRET = bytes(range(32))
HOST = "forening.example"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


def a_hook(receiver: Receiver, scheme: str = "http") -> Hook:
    return Hook(f"{scheme}://{HOST}:{receiver.port}/motesplats?x=1", "invitation-1", SECRET, NOW, {"a": "ø"})


async def test_a_webhook_is_signed_as_standard_webhooks_are(receiver: Receiver) -> None:
    async with Webhooks(here) as webhooks:
        assert await webhooks.send([a_hook(receiver)]) == ["sent"]
    told = receiver.headers
    signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + receiver.bodies[0]
    expected = base64.b64encode(hmac.digest(SECRET, signed, "sha256")).decode()
    assert told["webhook-signature"] == f"v1,{expected}"
    assert (told["webhook-id"], told["webhook-timestamp"]) == ("invitation-1", "1741780800")
    assert told["host"] == f"{HOST}:{receiver.port}"
    assert receiver.heads[0].startswith("POST /motesplats?x=1 ")
    assert json.loads(receiver.bodies[0]) == {"a": "ø"}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(204, "sent"), (301, "refused"), (307, "refused"), (410, "refused"), (404, "refused"), (500, "deferred")],
)
async def test_what_becomes_of_a_webhook(receiver: Receiver, status: int, expected: Became) -> None:
    receiver.status, receiver.location = status, f"http://127.0.0.1:{receiver.port}/elsewhere" if status < 400 else ""
    async with Webhooks(here) as webhooks:
        assert await webhooks.call(a_hook(receiver)) == Called(expected, str(status))
    assert len(receiver.heads) == 1  # no redirect is followed


async def test_a_webhook_that_nobody_listens_at_is_tried_later() -> None:
    async with Webhooks(here) as webhooks:
        hook = Hook(f"http://{HOST}:1/", "1", SECRET, NOW, {})
        assert await webhooks.call(hook) == Called("deferred", "no_answer")


@pytest.mark.parametrize("host", ["", "[", f"{HOST}:99999", "a..b", f"{'x' * 64}.b"])
async def test_what_is_no_address_harms_nobody(host: str) -> None:
    async with Webhooks() as webhooks:
        assert await webhooks.send([Hook(f"https://{host}/", "1", SECRET, NOW, {})]) in (["deferred"], ["refused"])


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"),  # noqa: S104 - an address to refuse
        *("64:ff9b:1::a00:1", "2002:a00:1::", "::ffff:0:10.0.0.1", "::10.0.0.1", "fec0::1"),
    ],
)
async def test_no_private_address_is_called(host: str) -> None:
    assert await public_address(host, 443) is None
    async with Webhooks() as webhooks:
        url = f"https://[{host}]/" if ":" in host else f"https://{host}/"
        assert await webhooks.call(Hook(url, "1", SECRET, NOW, {})) == Called("refused", "not_public")


async def test_a_host_whose_name_servers_hang_is_looked_up_once_however_often_it_is_called(receiver: Receiver) -> None:
    asked: list[str] = []
    answers = asyncio.Event()

    async def hanging(host: str, port: int) -> str | None:
        asked.append(host)
        await answers.wait()
        return await here(host, port)

    async with Webhooks(hanging) as webhooks:
        given_up = asyncio.create_task(webhooks.call(a_hook(receiver)))
        await until(lambda: asked)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        sending = asyncio.create_task(webhooks.send([a_hook(receiver)] * 3))
        await asyncio.sleep(0)
        answers.set()
        assert await sending == ["sent"] * 3
        assert asked == [HOST]
        await webhooks.call(a_hook(receiver))
    assert asked == [HOST] * 2  # what was found is not kept


async def test_a_public_address_may_be_called() -> None:
    assert await public_address("93.184.215.14", 443) == "93.184.215.14"


@pytest.mark.parametrize(("named", "expected"), [(HOST, "sent"), ("another.example", "deferred")])
async def test_whoever_shows_another_name_is_told_nothing(named: str, expected: Became, tmp_path: Path) -> None:
    shown, believed = certified(named, tmp_path)
    async with receiving(shown) as receiver, Webhooks(here, believed) as webhooks:
        assert (await webhooks.call(a_hook(receiver, "https"))).became == expected
        assert bool(receiver.bodies) == (expected == "sent")
