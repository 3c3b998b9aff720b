import pytest

from schemas.coordinator import InvitationDeclined
from tests.coordinator.conftest import ACTIVITY, Coordinator
from tests.coordinator.test_answers import post, scope

PAUSED = (f"/activities/activities/{ACTIVITY}/pause", {"until": "2025-04-30"})


async def test_who_declines_for_a_pause_may_say_until_when_and_the_activity_is_paused(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="decline", reason="paused", paused_until="2025-04-30")
    (declined,) = await coordinator.service.announced(InvitationDeclined)
    assert (declined.event.reason, str(declined.event.paused_until)) == ("paused", "2025-04-30")
    await coordinator.run_errands()
    assert coordinator.referrals.told == [PAUSED]
    assert await scope(coordinator, "activities") == {"activity.pause"}


@pytest.mark.parametrize("fields", [{"reason": "paused", "paused_until": ""}, {"reason": "full"}])
async def test_without_a_day_it_is_declined_and_nothing_paused(
    coordinator: Coordinator, fields: dict[str, str]
) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="decline", **fields)
    await coordinator.run_errands()
    assert (await coordinator.state())["state"] == "declined"
    assert coordinator.referrals.told == []


async def test_a_day_given_with_another_reason_pauses_nothing(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="decline", reason="other", paused_until="2025-04-30")
    await coordinator.run_errands()
    assert coordinator.referrals.told == []


async def test_whoever_welcomes_somebody_may_pause_the_activity_for_others(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    page = await post(coordinator, f"{path}/pause", until="2025-04-30")
    assert "Pausen er på vei" in page.text
    await coordinator.run_errands()
    assert coordinator.referrals.told == [PAUSED]
    assert (await coordinator.state())["state"] == "accepted"


async def test_a_pause_lies_ahead(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    declined = await post(coordinator, path, answer="decline", reason="paused", paused_until="2025-03-12")
    await post(coordinator, path, answer="accept")
    paused = await post(coordinator, f"{path}/pause", until="2025-03-12")
    for page in (declined, paused):
        assert page.status_code == 422
        assert "Dagen må ligge fram i tid." in page.text
    assert await coordinator.service.rows("select * from errand") == []
