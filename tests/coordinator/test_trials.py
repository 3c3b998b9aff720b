from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.coordinator.store.notices import keep_digest_only
from tests.coordinator.conftest import CONTACT, MUNICIPALITY, Coordinator, a_contact, a_seat
from tests.coordinator.test_letters import set_coordinator, told

TRIAL = f"/coordinator/contacts/{CONTACT}/trial"
BOUNCED = text("update reader set bounced = array['tur@mote.example']")
DEPUTY = {"name": "Kontoret", "email": "kontoret@mote.example"}


async def call(coordinator: Coordinator, method: str, path: str, body: Any = None, **claims: str) -> Any:  # noqa: ANN401 - any JSON
    role = claims.pop("role", "coordinator")
    claims = claims or ({"municipality": MUNICIPALITY} if role == "coordinator" else {})
    async with coordinator.service.client(role, **claims) as client:
        return await client.request(method, path, json=body)


@pytest.mark.parametrize("notice", ["invitation", "reminder", "deputy", "handover", "withdrawn"])
@pytest.mark.parametrize(("language", "greeting"), [("sv", "Hej!"), ("nb", "Hei!"), ("en", "Hello!")])
async def test_the_coordinator_sees_how_each_notice_looks(
    coordinator: Coordinator, notice: str, language: str, greeting: str
) -> None:
    seen = await call(coordinator, "GET", f"/coordinator/notices/preview?notice={notice}&language={language}")
    shown = seen.json()
    assert shown["text"].startswith(greeting)
    assert "Nordlys" in shown["subject"]
    assert greeting in shown["html"]
    assert len(coordinator.catcher.messages) == 0


@pytest.mark.parametrize("letter", ["still_correct", "weekly", "answered", "unreachable"])
@pytest.mark.parametrize(("language", "greeting"), [("sv", "Hej!"), ("nb", "Hei!"), ("en", "Hello!")])
async def test_the_coordinator_sees_how_each_letter_looks(
    coordinator: Coordinator, letter: str, language: str, greeting: str
) -> None:
    seen = await call(coordinator, "GET", f"/coordinator/notices/preview?notice={letter}&language={language}")
    assert seen.json()["text"].startswith(greeting)
    assert "Nordlys" in seen.json()["text"]


async def test_a_trial_tells_whether_a_function_is_reached(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact())
    tried = await call(coordinator, "POST", TRIAL)
    assert tried.json() == {"channel": "email", "to": "tur@mote.example", "became": "sent"}
    assert told(coordinator) == [("tur@mote.example", "En prøve fra Mötesplats")]


async def test_a_trial_that_is_taken_clears_a_bounce(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    await coordinator.send_notices()
    async with coordinator.service.service.transaction() as tx:
        await tx.connection.execute(BOUNCED)
    await call(coordinator, "POST", TRIAL)
    (reader,) = await coordinator.service.rows("select bounced from reader")
    assert reader["bounced"] == []


async def test_a_trial_needs_a_function_of_ones_own_with_an_address(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(email=None, phone="+4777012345"))
    assert (await call(coordinator, "POST", TRIAL)).status_code == 409
    assert (await call(coordinator, "POST", TRIAL, municipality="NO-5503")).status_code == 404
    assert (await call(coordinator, "POST", TRIAL.replace("3/", "4/"))).status_code == 404


async def deliveries(coordinator: Coordinator) -> list[str]:
    page = (await call(coordinator, "GET", "/coordinator/invitations")).json()
    return [seen["delivery"] for seen in page["items"]]


async def report(coordinator: Coordinator, message_id: str, state: str) -> int:
    said = {"message_id": message_id, "address": "tur@mote.example", "state": state}
    answer = await call(coordinator, "POST", "/coordinator/notices/reports", said, role="operator")
    status: int = answer.status_code
    return status


async def test_the_coordinator_sees_what_became_of_each_notice(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    assert await deliveries(coordinator) == ["queued"]
    await coordinator.send_notices()
    assert await deliveries(coordinator) == ["sent"]
    assert await report(coordinator, coordinator.catcher.messages[0].message_id, "delivered") == 204
    assert await deliveries(coordinator) == ["delivered"]
    await coordinator.service.deliver(a_seat(referral_id=UUID(int=11), contact_id=None))
    await coordinator.send_notices()
    assert await deliveries(coordinator) == ["failed", "delivered"]


async def test_a_notice_that_bounces_later_goes_to_the_deputy_at_once(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    assert await report(coordinator, coordinator.catcher.messages[0].message_id, "bounced") == 204
    await coordinator.send_notices()
    assert told(coordinator)[1:] == [("kontoret@mote.example", "Dere tar over: Tur i Folkeparken")]
    assert await deliveries(coordinator) == ["bounced"]
    coordinator.service.clock.now += timedelta(hours=1)
    await coordinator.service.deliver(a_seat(referral_id=UUID(int=11)))
    await coordinator.send_notices()
    assert told(coordinator)[2:] == [("kontoret@mote.example", "Noen vil komme til Tur i Folkeparken")]


async def test_a_digest_that_bounces_later_goes_to_the_deputy_with_all_that_is_in_it(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]))
    async with coordinator.service.service.transaction() as tx:
        await keep_digest_only(tx.connection, str(CONTACT), digest_only=True)
    await coordinator.service.deliver(*(a_seat(referral_id=UUID(int=100 + n)) for n in range(3)))
    await coordinator.send_notices()
    coordinator.service.clock.now += timedelta(days=1)
    await coordinator.send_notices()
    (digest,) = coordinator.catcher.messages
    assert await report(coordinator, digest.message_id, "bounced") == 204
    assert await deliveries(coordinator) == ["bounced"] * 3
    await coordinator.send_notices()
    coordinator.service.clock.now += timedelta(days=1)
    await coordinator.send_notices()
    assert told(coordinator)[1:] == [("kontoret@mote.example", "3 nyheter om aktivitetene deres")]


async def test_what_bounces_at_the_coordinators_own_address_is_kept(coordinator: Coordinator) -> None:
    await set_coordinator(coordinator)
    await coordinator.service.deliver(a_seat(contact_id=None))
    await coordinator.send_notices()
    assert await report(coordinator, coordinator.catcher.messages[0].message_id, "bounced") == 204
    assert await deliveries(coordinator) == ["bounced"]


@pytest.mark.parametrize(
    "message_id", ["<x@mote.example>", "<invitation-00@mote.example>", f"<{'0' * 80}@mote.example>"]
)
async def test_a_report_of_no_notice_of_ours_is_not_found(coordinator: Coordinator, message_id: str) -> None:
    assert await report(coordinator, message_id, "bounced") == 404


async def test_only_an_operator_reports(coordinator: Coordinator) -> None:
    answer = await call(coordinator, "POST", "/coordinator/notices/reports", {})
    assert answer.status_code == 403
