from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from schemas.coordinator import ContactUnreachable, InvitationExpired
from schemas.referral import ReferralWithdrawn
from tests.coordinator.conftest import (
    CONTACT,
    MUNICIPALITY,
    REFERRAL,
    Coordinator,
    a_contact,
    a_seat,
    link,
    not_written_down,
)
from tests.coordinator.test_notices import notices, set_coordinator

DEPUTY = {"name": "Kontoret", "email": "kontoret@mote.example"}
HOLDER_IS_AWAY = {"name": "Turleder", "absences": [{"first_on": "2025-03-10", "last_on": "2025-03-31"}]}
WITHDRAWN = ReferralWithdrawn(referral_id=REFERRAL, choice=1, reason="participant")
CODE = f"/coordinator/municipalities/{MUNICIPALITY}"


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


async def pass_until(coordinator: Coordinator, day: str) -> None:
    await coordinator.service.let_pass(at(day) - coordinator.service.clock.now)
    await coordinator.send_notices()


def told(coordinator: Coordinator) -> list[tuple[str, str]]:
    return [(mail.to[0], mail.subject) for mail in coordinator.catcher.messages]


async def test_who_is_silent_is_reminded_then_the_deputy_is_asked_then_it_expires(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    for day in ("2025-03-14T11:59", "2025-03-14T12:00", "2025-03-17T11:59", "2025-03-17T12:00", "2025-03-19T22:59"):
        await pass_until(coordinator, day)
    assert await coordinator.service.names() == ["ContactNotified"]
    await pass_until(coordinator, "2025-03-19T23:00")
    assert told(coordinator) == [
        ("tur@mote.example", "Noen vil komme til Tur i Folkeparken"),
        ("tur@mote.example", "Påminnelse: noen vil komme til Tur i Folkeparken"),
        ("kontoret@mote.example", "Noen vil komme til Tur i Folkeparken, og ingen har svart"),
    ]
    assert len({link(mail) for mail in coordinator.catcher.messages}) == 1
    (expired,) = await coordinator.service.announced(InvitationExpired)
    assert expired.event.reason == "no_response"


async def test_who_is_reminded_by_hand_after_the_deputy_was_asked_moves_it_to_nobody_else(
    coordinator: Coordinator,
) -> None:
    second = {"name": "Styret", "email": "styret@mote.example"}
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY, second]), a_seat())
    await coordinator.send_notices()
    for day in ("2025-03-14T12:00", "2025-03-17T12:00"):
        await pass_until(coordinator, day)
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        await client.post("/coordinator/day/remind", data={"referral_id": str(REFERRAL), "choice": "1"})
    for _ in range(2):
        await coordinator.send_notices()
    assert [to for to, _ in told(coordinator)[2:]] == ["kontoret@mote.example"] * 2


async def test_a_link_stays_the_same_where_the_coordinator_is_asked_for_a_function_that_none_can_reach(
    coordinator: Coordinator,
) -> None:
    await set_coordinator(coordinator)
    await coordinator.service.deliver(a_contact(email=None, phone="+4777012345"), a_seat())
    await coordinator.send_notices()
    await pass_until(coordinator, "2025-03-14T12:00")
    first, reminder = map(link, coordinator.catcher.messages)
    assert first == reminder
    async with coordinator.service.client() as client:
        assert (await client.get(first)).status_code == 200


async def test_a_function_that_changes_while_its_first_notice_is_on_its_way_is_asked_anew(
    coordinator: Coordinator,
) -> None:
    sending = notices(coordinator)
    await coordinator.service.deliver(a_contact(), a_seat())
    batch = await not_written_down(coordinator, sending)
    await coordinator.service.deliver(a_contact(2, email="ny@mote.example"))
    await sending._record(batch)
    await coordinator.send_notices()
    assert [to for to, _ in told(coordinator)] == ["tur@mote.example", "ny@mote.example"]
    assert await coordinator.service.names() == ["ContactNotified"]
    old, new = map(link, coordinator.catcher.messages)
    async with coordinator.service.client() as client:
        assert "Noen andre har tatt over." in (await client.get(old)).text
        await client.post(new, data={"answer": "accept"})
    assert (await coordinator.state())["state"] == "accepted"


async def test_a_function_that_is_reached_again_while_its_notice_was_found_unreachable_is_asked(
    coordinator: Coordinator,
) -> None:
    sending, now = notices(coordinator), coordinator.service.clock()
    await coordinator.service.deliver(a_contact(email=None, phone="+4777012345"), a_seat())
    batch = await sending._begin(await sending._claim(now), now)
    await coordinator.service.deliver(a_contact(2, email="ny@mote.example"))
    await sending._record(batch)
    await coordinator.send_notices()
    assert [to for to, _ in told(coordinator)] == ["ny@mote.example"]
    assert await coordinator.service.names() == ["ContactNotified"]


async def test_who_has_answered_hears_nothing_more(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    async with coordinator.service.client() as client:
        await client.post(path, data={"answer": "accept"})
    await pass_until(coordinator, "2025-03-19T12:00")
    assert len(coordinator.catcher.messages) == 1


async def test_the_deputy_of_who_is_away_is_asked_at_once_and_reminded(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(holder=HOLDER_IS_AWAY, deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    await pass_until(coordinator, "2025-03-14T12:00")
    await pass_until(coordinator, "2025-03-18T12:00")
    assert [to for to, _ in told(coordinator)] == ["kontoret@mote.example"] * 2


async def test_a_function_that_is_paused_is_not_asked(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(paused_until="2025-03-31"), a_seat())
    await coordinator.send_notices()
    assert told(coordinator) == []
    (unreachable,) = await coordinator.service.announced(ContactUnreachable)
    assert (unreachable.event.reason, unreachable.event.contact_id) == ("paused", CONTACT)
    assert await coordinator.service.names() == ["ContactUnreachable", "InvitationExpired"]


async def test_a_handover_moves_what_is_open_and_revokes_the_links_that_others_have(coordinator: Coordinator) -> None:
    open_one = await coordinator.invite()
    accepted = await coordinator.invite(UUID(int=11))
    declined = await coordinator.invite(UUID(int=12))
    async with coordinator.service.client() as client:
        await client.post(accepted, data={"answer": "accept"})
        await client.post(declined, data={"answer": "decline", "reason": "full"})
        await coordinator.service.deliver(a_contact(2, email="ny@mote.example", language="en"))
        await coordinator.send_notices()
        moved = list(coordinator.catcher.messages)[3:]
        assert [mail.to for mail in moved] == [("ny@mote.example",)] * 2
        assert {mail.subject for mail in moved} == {"You take over: Tur i Folkeparken"}
        for path in (open_one, accepted):
            given_up = await client.get(path)
            assert "Somebody else has taken over." in given_up.text
            assert "The contact function changed. Whoever answers now got a link of their own." in given_up.text
        assert [(await client.get(link(mail))).status_code for mail in moved] == [200, 200]
    await pass_until(coordinator, "2025-03-14T12:00")
    assert [to for to, _ in told(coordinator)[5:]] == ["ny@mote.example"]  # the one that is not answered


async def test_who_is_away_from_a_day_on_is_so_by_the_clock_of_the_municipality(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    coordinator.service.clock.now = at("2025-03-12T23:30")  # half past midnight of the next day, there
    from_tomorrow = {"name": "Turleder", "absences": [{"first_on": "2025-03-13", "last_on": "2025-03-31"}]}
    await coordinator.service.deliver(a_contact(2, deputies=[DEPUTY], holder=from_tomorrow))
    await coordinator.send_notices()
    assert told(coordinator)[1:] == [("kontoret@mote.example", "Dere tar over: Tur i Folkeparken")]


async def test_a_change_that_leaves_the_address_moves_nothing(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await coordinator.service.deliver(a_contact(2, name="Turledere", deputies=[DEPUTY]))
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 1
    async with coordinator.service.client() as client:
        assert (await client.get(path)).status_code == 200


async def test_a_removed_function_hands_over_to_the_coordinator(coordinator: Coordinator) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        await client.put(CODE, json={"email": "koordinator@mote.example", "language": "sv"})
    await coordinator.invite()
    removed = a_contact(2)
    removed.value = None
    await coordinator.service.deliver(removed)
    await coordinator.send_notices()
    assert told(coordinator)[1:] == [("koordinator@mote.example", "Ni tar över: Tur i Folkeparken")]


async def test_whoever_knew_hears_that_it_is_over(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    await pass_until(coordinator, "2025-03-17T12:00")
    await pass_until(coordinator, "2025-03-17T12:01")
    await coordinator.service.deliver(WITHDRAWN)
    coordinator.referrals.refused = {REFERRAL}  # consent has ended, and they hear it all the same
    await coordinator.send_notices()
    over = "Ikke lenger aktuelt: Tur i Folkeparken"
    assert told(coordinator)[3:] == [("kontoret@mote.example", over), ("tur@mote.example", over)]


async def test_who_never_heard_of_it_does_not_hear_that_it_is_over(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat(), WITHDRAWN)
    await coordinator.send_notices()
    assert told(coordinator) == []


async def test_a_municipality_sets_how_long_people_may_take(coordinator: Coordinator) -> None:
    patience = {"reminder_after": 1, "deputy_after": 2, "answer_within": 3}
    given = {"email": "koordinator@mote.example", "language": "sv", "patience": patience}
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        await client.put(CODE, json=given)
        assert (await client.get(CODE)).json() == given
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    await pass_until(coordinator, "2025-03-13T12:00")
    await pass_until(coordinator, "2025-03-14T12:00")
    assert [to for to, _ in told(coordinator)] == ["tur@mote.example"] * 2 + ["kontoret@mote.example"]
    await pass_until(coordinator, "2025-03-17T23:00")
    assert "InvitationExpired" in await coordinator.service.names()


async def listed(coordinator: Coordinator, query: str = "") -> dict[str, Any]:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        page: dict[str, Any] = (await client.get(f"/coordinator/contacts{query}")).json()
        return page


async def test_the_coordinator_sees_who_does_not_answer(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    await coordinator.send_notices()
    await coordinator.service.let_pass(timedelta(days=8))
    answered = await coordinator.invite(UUID(int=11))
    async with coordinator.service.client() as client:
        await client.post(answered, data={"answer": "accept"})
    await coordinator.invite(UUID(int=12))
    (seen,) = (await listed(coordinator))["items"]
    assert (seen["asked"], seen["answered"], seen["silent"], seen["waiting"]) == (3, 1, 1, 1)
    assert seen["waiting_since"].startswith("2025-03-20T12:00")
    await coordinator.service.let_pass(timedelta(days=91))
    (seen,) = (await listed(coordinator))["items"]
    assert (seen["asked"], seen["silent"]) == (0, 0)


async def test_the_most_silent_come_first_a_page_at_a_time(coordinator: Coordinator) -> None:
    other = UUID(int=33)
    contact = a_contact(contact_id=other, name="Kor")
    await coordinator.service.deliver(contact, a_contact(), a_seat())
    await coordinator.send_notices()
    first = await listed(coordinator, "?limit=1")
    second = await listed(coordinator, f"?limit=1&cursor={first['next']}")
    assert [page["items"][0]["name"] for page in (first, second)] == ["Turleder", "Kor"]
    assert second["next"] is None
