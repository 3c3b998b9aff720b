"""What a restored coordinator service takes up again of what it had announced."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from schemas.coordinator import (
    ContactNotified,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    OfInvitation,
    VisitRecorded,
)
from services.coordinator.domain.links import answer_link
from services.coordinator.remembering import Remembering
from tests.coordinator.conftest import ACTIVITY, CONTACT, REFERRAL, Coordinator, a_contact, a_seat
from tests.support.service_testing import KEY, NOON, Landed, a_record, an_own

LINK_KEY = base64.b64decode(KEY)
ABOUT: dict[str, Any] = {"referral_id": REFERRAL, "choice": 1, "activity_id": ACTIVITY}
NOTIFIED = ContactNotified(**ABOUT, contact_id=CONTACT, channel="email", answer_by=NOON + timedelta(days=7))
ACCEPTED = InvitationAccepted(**ABOUT)
DECLINED = InvitationDeclined(**ABOUT, reason="full")


async def take_up(coordinator: Coordinator, *facts: OfInvitation, seats: tuple[int, ...] = (1,)) -> None:
    await coordinator.service.deliver(a_contact())
    reserved: list[Landed] = [a_record(a_seat(choice=choice)) for choice in seats]
    told = [an_own(fact, number) for number, fact in enumerate(facts, start=1)]
    await coordinator.service.take_up(Remembering(LINK_KEY).steps(), *reserved, *told)


async def test_who_accepted_is_not_asked_again_and_their_link_opens(coordinator: Coordinator) -> None:
    await take_up(coordinator, NOTIFIED, ACCEPTED)
    await coordinator.send_notices()

    assert (await coordinator.state())["state"] == "accepted"
    assert list(coordinator.catcher.messages) == []
    assert await coordinator.service.names() == []
    link = answer_link(LINK_KEY, REFERRAL, 1, 1)
    async with coordinator.service.client() as client:
        shown = await client.get(f"/coordinator/answer/{link.token}")
    assert shown.status_code == 200


async def test_who_was_asked_and_has_not_answered_is_reminded_and_has_as_long_as_they_had(
    coordinator: Coordinator,
) -> None:
    await take_up(coordinator, NOTIFIED)
    await coordinator.send_notices()

    [mail] = coordinator.catcher.messages
    assert answer_link(LINK_KEY, REFERRAL, 1, 1).token in mail.text
    assert [(row["state"], row["answer_by"]) for row in [await coordinator.state()]] == [
        ("notified", NOTIFIED.answer_by)
    ]
    assert await coordinator.service.rows("select kind, due_at from deadline") == [
        {"kind": "invitation_expires", "due_at": NOTIFIED.answer_by}
    ]


async def test_who_was_handed_it_has_the_newest_link(coordinator: Coordinator) -> None:
    handed_over = NOTIFIED.model_copy(update={"handed_over": True})

    await take_up(coordinator, NOTIFIED, handed_over)

    state = await coordinator.state()
    assert state["token_hash"] == answer_link(LINK_KEY, REFERRAL, 1, 2).hash


async def test_taken_up_again_after_it_was_cut_off_it_changes_nothing(coordinator: Coordinator) -> None:
    handed_over = NOTIFIED.model_copy(update={"handed_over": True})
    records = [
        a_record(a_seat(choice=1)),
        a_record(a_seat(choice=2)),
        an_own(NOTIFIED.model_copy(update={"contact_id": None}), 1),
        an_own(DECLINED, 2),
        an_own(NOTIFIED.model_copy(update={"choice": 2}), 3),
        an_own(handed_over.model_copy(update={"choice": 2}), 4),
        an_own(ACCEPTED.model_copy(update={"choice": 2}), 5),
    ]
    await coordinator.service.deliver(a_contact())
    await coordinator.service.take_up(Remembering(LINK_KEY).steps(), *records)
    before = await coordinator.service.everything()

    await coordinator.service.take_up(Remembering(LINK_KEY).steps(), *records)

    assert (await coordinator.state(2))["token_hash"] == answer_link(LINK_KEY, REFERRAL, 2, 2).hash
    assert await coordinator.service.everything() == before


@pytest.mark.parametrize(
    "end", [DECLINED, InvitationExpired(**ABOUT, reason="no_response")], ids=["declined", "expired"]
)
async def test_a_choice_that_had_ended_has(coordinator: Coordinator, end: OfInvitation) -> None:
    await take_up(coordinator, NOTIFIED, end, seats=(1, 2))
    await coordinator.send_notices()

    assert (await coordinator.state())["state"] == end.event_name.rpartition(".")[2]
    assert (await coordinator.state(2))["state"] == "notified"
    await coordinator.service.deliver(a_seat())
    assert (await coordinator.state())["reason"] is not None


async def test_visits_are_known_again(coordinator: Coordinator) -> None:
    day = NOON.date()
    came = VisitRecorded(**ABOUT, visit="attended", on=day)
    stopped = VisitRecorded(**ABOUT, visit="cancelled", on=day, stopped=True)

    await take_up(coordinator, NOTIFIED, ACCEPTED, came, stopped)

    state = await coordinator.state()
    assert (state["visit"], state["visited_on"], state["stopped_on"]) == ("attended", day, day)


async def test_an_older_choice_ends_with_the_next_one(coordinator: Coordinator) -> None:
    await take_up(coordinator, NOTIFIED, seats=(1, 2))

    assert [(await coordinator.state(choice))["state"] for choice in (1, 2)] == ["released", "reserved"]


async def test_what_is_known_already_is_not_taken_back(coordinator: Coordinator) -> None:
    await coordinator.invite()
    await coordinator.service.take_up(Remembering(LINK_KEY).steps(), an_own(DECLINED, 1))

    assert (await coordinator.state())["state"] == "notified"
