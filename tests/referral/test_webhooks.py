"""How a health centre's own system is told by its webhook, at a server that takes it, refuses, hangs or is away."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from schemas.referral import ReferralStatusChanged
from services.referral.domain.message import PAUSES, next_attempt
from services.referral.message_back import MessagesBack
from services.runtime.webhook import Webhooks
from tests.referral.stories import CENTRE, accepted, ask, call, choose, close, notified, proposed, visited
from tests.support.builders import a_referral, number
from tests.support.receiver import Receiver, certified, here, receiving
from tests.support.service_testing import NOON, UnderTest
from tests.support.waiting import until

HOST = "journal.example"
ELSEWHERE = "her:1002"


@dataclass
class Centre:
    """A health centre with a webhook: what listens there, and what sends to it."""

    referral: UnderTest
    receiver: Receiver
    back: MessagesBack
    others: list[Receiver]

    async def register(self, port: int | None = None, centre: str = CENTRE) -> dict[str, Any]:
        """Have a centre told at this port."""
        async with self.referral.client("centre", centre=centre) as client:
            url = f"https://{HOST}:{port or self.receiver.port}/status"
            answer = await client.put("/referral/webhook", json={"url": url})
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    async def send(self) -> None:
        """Send all that is due, and record what became of it."""
        while await self.back.send_due(self.referral.clock()) or self.back.calls or self.back.told:
            await asyncio.gather(*self.back.calls)

    async def seen(self) -> dict[str, Any]:
        """Return how it goes."""
        seen: dict[str, Any] = await call(self.referral, "GET", "webhook", role="centre")
        return seen

    async def messages(self) -> list[dict[str, Any]]:
        """Return what was told, oldest first."""
        page = await call(self.referral, "GET", "webhook/messages", role="centre")
        return list(reversed(page["items"]))

    def states(self) -> list[str]:
        """Return the states that the centre's own system was told, in order."""
        return [json.loads(body)["data"]["state"] for body in self.receiver.bodies]


@pytest.fixture
async def centre(referral: UnderTest, tmp_path: Path) -> AsyncIterator[Centre]:
    shown, believed = certified(HOST, tmp_path)
    async with receiving(shown) as receiver, receiving(shown) as other, Webhooks(here, believed) as webhooks:
        (loop,) = [loop for loop in referral.service._loops if loop.name == "webhooks"]
        made: MessagesBack = loop.step.__self__  # type: ignore[attr-defined]  # a bound method
        made.webhooks = webhooks
        async with made:
            yield Centre(referral, receiver, made, [other])


async def invited(referral: UnderTest, n: int = 1) -> None:
    await ask(referral, n)
    await referral.deliver(proposed(11, n=n))
    await choose(referral, 11, n=n)
    await referral.deliver(notified(1, 11, n))


async def test_the_centres_own_system_hears_what_its_topic_says_and_no_more(centre: Centre) -> None:
    registered = await centre.register()
    await invited(centre.referral)
    stopped = visited(1, 11, "cancelled").model_copy(update={"stopped": True})
    await centre.referral.deliver(accepted(1, 11), visited(1, 11), stopped)
    await close(centre.referral, "taking_part")
    await centre.send()
    topic = [told.event for told in await centre.referral.announced(ReferralStatusChanged)]
    hooks = [json.loads(body) for body in centre.receiver.bodies]
    assert [ReferralStatusChanged.model_validate_json(json.dumps(hook["data"])) for hook in hooks] == topic
    assert {hook["type"] for hook in hooks} == {"org.motesplats.referral.status_changed.v1"}
    assert centre.states()[-4:] == ["accepted", "attending", "attending", "closed"]
    assert hooks[-2]["data"]["reason"] == "stopped"
    assert hooks[-1]["data"]["outcome"] == "taking_part"
    assert len(set(centre.receiver.ids)) == len(hooks)
    told = centre.receiver.headers
    secret = base64.b64decode(registered["secret"].removeprefix("whsec_"))
    signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + centre.receiver.bodies[-1]
    assert told["webhook-signature"] == f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


async def test_what_was_delivered_is_not_sent_again_and_what_it_said_is_forgotten(centre: Centre) -> None:
    await centre.register()
    await invited(centre.referral)
    await centre.send()
    sent = len(centre.receiver.bodies)
    await centre.referral.let_pass(timedelta(days=1))
    await centre.send()
    assert len(centre.receiver.bodies) == sent
    assert {line["state"] for line in await centre.messages()} == {"delivered"}
    assert {line["answer"] for line in await centre.messages()} == {"200"}
    assert [row["content"] for row in await centre.referral.rows("select distinct content from message")] == [None]
    seen = await centre.seen()
    assert (seen["waiting"], seen["failed"], seen["delivered_at"]) == (0, 0, "2025-03-12T12:00:00Z")


async def test_of_a_centre_without_a_webhook_nothing_is_kept(referral: UnderTest) -> None:
    await invited(referral)
    assert await referral.rows("select * from message") == []


async def test_a_referral_that_came_before_the_webhook_is_told_of_from_then_on(centre: Centre) -> None:
    await invited(centre.referral)
    await centre.register()
    await centre.referral.deliver(accepted(1, 11))
    await centre.send()
    assert centre.states() == ["accepted"]


async def test_a_referral_over_http_is_told_of_from_its_first_state(centre: Centre) -> None:
    await centre.register()
    await call(centre.referral, "POST", "requests", a_referral(1), role="centre", expect=201)
    await centre.send()
    assert centre.states() == ["received"]


async def test_what_is_not_taken_is_tried_again_and_nothing_overtakes_it(centre: Centre) -> None:
    await centre.register()
    await ask(centre.referral)
    centre.receiver.status = 503
    await centre.send()
    await centre.referral.deliver(proposed(11))
    await ask(centre.referral, 2)
    await centre.send()
    assert centre.states() == ["received", "received"]  # of each referral one
    assert [(line["state"], line["attempts"], line["answer"]) for line in await centre.messages()][:2] == [
        ("queued", 1, "503"),
        ("queued", 0, None),
    ]
    centre.receiver.status = 200
    for _ in range(2):
        await centre.referral.let_pass(timedelta(seconds=1))
        await centre.send()
    assert centre.states()[2:] == ["received", "received", "proposed"]
    assert centre.receiver.ids[0] == centre.receiver.ids[2]


async def test_after_a_day_a_message_is_given_up_and_the_next_has_its_turn(centre: Centre) -> None:
    await centre.register()
    await ask(centre.referral)
    await centre.referral.deliver(proposed(11))
    centre.receiver.status = 500
    for pause in (timedelta(0), *PAUSES):
        await centre.referral.let_pass(pause)
        await centre.send()
    first, second = await centre.messages()
    assert (first["state"], first["attempts"], first["answer"]) == ("failed", len(PAUSES) + 1, "500")
    assert (second["state"], second["attempts"]) == ("queued", 1)
    assert centre.referral.clock() - NOON > timedelta(hours=24)


@pytest.mark.parametrize(("status", "location"), [(302, "https://127.0.0.1/"), (404, ""), (410, "")])
async def test_what_is_refused_for_good_is_not_tried_again(centre: Centre, status: int, location: str) -> None:
    await centre.register()
    await ask(centre.referral)
    centre.receiver.status, centre.receiver.location = status, location
    await centre.send()
    await centre.referral.let_pass(timedelta(days=1))
    await centre.send()
    (line,) = await centre.messages()
    assert (line["state"], line["answer"], line["attempts"]) == ("failed", str(status), 1)
    assert len(centre.receiver.heads) == 1
    assert (await centre.seen())["failed"] == 1


async def test_no_private_address_is_told_anything(referral: UnderTest) -> None:
    (loop,) = [loop for loop in referral.service._loops if loop.name == "webhooks"]
    back: MessagesBack = loop.step.__self__  # type: ignore[attr-defined]  # a bound method
    async with receiving() as receiver, back.webhooks:
        centre = Centre(referral, receiver, back, [])
        async with referral.client("centre", centre=CENTRE) as client:
            await client.put("/referral/webhook", json={"url": f"https://localhost:{receiver.port}/"})
        await ask(referral)
        await centre.send()
        (line,) = await centre.messages()
        assert (line["state"], line["answer"]) == ("failed", "not_public")
        assert await call(referral, "POST", "webhook/trial", role="centre") == {
            "became": "refused",
            "answer": "not_public",
        }
        assert receiver.heads == []


async def test_one_that_is_slow_holds_back_no_other(centre: Centre) -> None:
    await centre.register()
    await centre.register(centre.others[0].port, ELSEWHERE)
    centre.receiver.open.clear()
    await ask(centre.referral)
    await centre.back.send_due(NOON)
    await until(lambda: centre.receiver.heads)
    async with centre.referral.client("centre", centre=ELSEWHERE) as client:
        content = a_referral(2, health_centre=ELSEWHERE)
        assert (await client.post("/referral/requests", json=content)).status_code == 201
    await centre.back.send_due(NOON)
    await until(lambda: centre.others[0].heads and len(centre.back.calls) == 1)
    await centre.back.send_due(NOON)
    rows = await centre.referral.rows("select health_centre, state from message order by queued_at, referral_id")
    assert rows == [
        {"health_centre": CENTRE, "state": "sent"},
        {"health_centre": ELSEWHERE, "state": "delivered"},
    ]
    centre.receiver.open.set()
    await centre.send()
    assert [line["state"] for line in await centre.messages()] == ["delivered"]


async def test_whoever_is_killed_on_the_way_sends_again_under_the_same_id(centre: Centre) -> None:
    await centre.register()
    await ask(centre.referral)
    centre.receiver.open.clear()
    await centre.back.send_due(NOON)
    await until(lambda: centre.receiver.heads)
    for on_its_way in centre.back.calls:
        on_its_way.cancel()  # and nobody is there to record it
    await until(lambda: not centre.back.calls)
    centre.receiver.open.set()
    await centre.send()
    assert len(centre.receiver.heads) == 1  # as long as it is somebody's
    await centre.referral.let_pass(timedelta(minutes=1))
    await centre.send()
    first, second = centre.receiver.ids
    assert first == second
    assert [line["state"] for line in await centre.messages()] == ["delivered"]


async def test_what_could_not_be_recorded_is_recorded_later_and_not_sent_again(centre: Centre) -> None:
    await centre.register()
    await ask(centre.referral)
    await centre.back.send_due(NOON)
    await asyncio.gather(*centre.back.calls)
    async with centre.referral.service.engine.begin() as connection:
        await connection.execute(text("alter table message rename to elsewhere"))
    with pytest.raises(asyncpg.PostgresError):
        await centre.back.send_due(NOON)
    async with centre.referral.service.engine.begin() as connection:
        await connection.execute(text("alter table elsewhere rename to message"))
    await centre.send()
    assert len(centre.receiver.heads) == 1
    assert [line["state"] for line in await centre.messages()] == ["delivered"]


async def test_a_new_address_has_another_secret_and_gets_at_once_what_waits(centre: Centre) -> None:
    first = await centre.register()
    await ask(centre.referral)
    centre.receiver.status = 500
    await centre.send()
    second = await centre.register(centre.others[0].port)
    assert first["secret"] != second["secret"]
    assert second["waiting"] == 1
    await centre.send()
    assert len(centre.others[0].heads) == 1


async def test_a_webhook_that_is_removed_is_told_nothing_more(centre: Centre) -> None:
    await centre.register()
    await ask(centre.referral)
    async with centre.referral.client("centre", centre=CENTRE) as client:
        assert (await client.delete("/referral/webhook")).status_code == 204
        assert (await client.delete("/referral/webhook")).status_code == 404
        assert (await client.get("/referral/webhook")).status_code == 404
    await centre.referral.deliver(proposed(11))
    await centre.send()
    assert centre.receiver.heads == []
    assert await centre.referral.rows("select * from message") == []


async def test_of_an_erased_referral_nothing_more_is_told(centre: Centre) -> None:
    await centre.register()
    await ask(centre.referral)
    async with centre.referral.client("centre", centre=CENTRE) as client:
        assert (await client.delete(f"/referral/referrals/{number(1)}")).status_code == 204
    await centre.send()
    assert centre.receiver.heads == []


async def test_another_centre_sees_and_hears_nothing_of_it(centre: Centre) -> None:
    await centre.register(centre.others[0].port, ELSEWHERE)
    await centre.register()
    await ask(centre.referral)
    await centre.send()
    assert centre.others[0].heads == []
    async with centre.referral.client("centre", centre=ELSEWHERE) as client:
        assert (await client.get("/referral/webhook/messages")).json()["items"] == []
        assert (await client.get("/referral/webhook")).json()["delivered_at"] is None


async def test_the_signature_is_known_by_what_the_guide_shows(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    shown: dict[str, Any] = {}
    exec(guide.split("```python\n")[1].split("```")[0], shown)  # noqa: S102 - what centres copy must work
    secret = (await centre.register())["secret"]
    await ask(centre.referral)
    await centre.send()
    headers, body = centre.receiver.headers, centre.receiver.bodies[0]
    monkeypatch.setattr(shown["time"], "time", NOON.timestamp)
    assert shown["is_from_motesplats"](secret, headers, body)
    assert not shown["is_from_motesplats"](secret, headers, body + b" ")
    old = str(int(NOON.timestamp()) - 301)
    assert not shown["is_from_motesplats"](secret, headers | {"webhook-timestamp": old}, body)


async def test_a_trial_is_signed_and_tells_nothing(centre: Centre) -> None:
    await centre.register()
    assert await call(centre.referral, "POST", "webhook/trial", role="centre") == {"became": "sent", "answer": "200"}
    told = json.loads(centre.receiver.bodies[0])
    assert told == {"type": "trial", "timestamp": "2025-03-12T12:00:00+00:00", "data": {}}
    assert "webhook-signature" in centre.receiver.headers


async def test_operators_see_how_it_goes_with_each_and_no_address(centre: Centre) -> None:
    await centre.register()
    await centre.register(centre.others[0].port, ELSEWHERE)
    centre.receiver.status = 410
    await ask(centre.referral)
    await centre.send()
    async with centre.referral.client("operator") as client:
        first = (await client.get("/referral/webhooks?limit=1")).json()
        rest = (await client.get("/referral/webhooks", params={"cursor": first["next"]})).json()
    assert [(one["health_centre"], one["failed"]) for one in first["items"] + rest["items"]] == [
        (ELSEWHERE, 0),
        (CENTRE, 1),
    ]
    assert rest["next"] is None
    assert HOST not in str(first) + str(rest)


async def test_a_centre_pages_through_its_messages(centre: Centre) -> None:
    await centre.register()
    for n in (1, 2, 3):
        await ask(centre.referral, n)
    seen, cursor = [], None
    while True:
        query = f"webhook/messages?limit=2{f'&cursor={cursor}' if cursor else ''}"
        page = await call(centre.referral, "GET", query, role="centre")
        seen += [line["referral_id"] for line in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert sorted(seen) == [number(1), number(2), number(3)]
    delivered = await call(centre.referral, "GET", "webhook/messages?state=delivered", role="centre")
    assert delivered["items"] == []


async def test_what_was_told_two_weeks_ago_is_forgotten(centre: Centre) -> None:
    await centre.register()
    await ask(centre.referral)
    await centre.send()
    await centre.back.forget(NOON + timedelta(days=13))
    assert len(await centre.messages()) == 1
    await centre.back.forget(NOON + timedelta(days=15))
    assert await centre.messages() == []


@pytest.mark.parametrize("url", ["http://journal.example/", "journal.example", "", "https://"])
async def test_only_an_address_of_https_can_be_registered(referral: UnderTest, url: str) -> None:
    async with referral.client("centre", centre=CENTRE) as client:
        assert (await client.put("/referral/webhook", json={"url": url})).status_code == 422


def test_attempts_go_on_for_a_day_with_growing_pauses() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(hours=24) <= sum(PAUSES, timedelta(0)) < timedelta(hours=25)
    assert next_attempt(1, NOON) == NOON + timedelta(seconds=1)
    assert next_attempt(len(PAUSES) + 1, NOON) is None
