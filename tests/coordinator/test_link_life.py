"""How long a link opens, who may guess at it, and what becomes of it in the hands of a mail scanner."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from tests.coordinator.conftest import Coordinator
from tests.coordinator.test_answers import WITHDRAWN, get, post

DAY = timedelta(days=1)
SCANNERS = (
    ("HEAD", {}),
    ("GET", {}),
    ("GET", {"Purpose": "prefetch"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ("GET", {"X-Moz": "prefetch", "Accept": "*/*"}),
    ("OPTIONS", {}),
)


def told(answer: httpx.Response) -> tuple[int, str, set[tuple[str, str]]]:
    """Return all that an answer tells, but for its own trace."""
    return answer.status_code, answer.text, {each for each in answer.headers.items() if each[0] != "traceparent"}


async def every_way(coordinator: Coordinator, path: str) -> list[tuple[int, str, set[tuple[str, str]]]]:
    """Return what every route of a link answers."""
    return [
        told(await get(coordinator, path)),
        told(await post(coordinator, path, answer="accept")),
        told(await post(coordinator, path, answer="decline")),
        told(await post(coordinator, f"{path}/visit", visit="attended")),
        told(await post(coordinator, f"{path}/shared")),
        told(await post(coordinator, f"{path}/question", text="?")),
        told(await post(coordinator, f"{path}/questions")),
        told(await post(coordinator, f"{path}/pause", until="2030-01-01")),
        told(await post(coordinator, f"{path}/walk-ins", walk_ins="3")),
        told(await post(coordinator, f"{path}/handover", until="")),
    ]


async def test_a_mail_scanner_that_opens_everything_again_and_again_changes_nothing(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    before = await coordinator.state()
    async with coordinator.service.client() as client:
        for _ in range(10):
            for method, headers in SCANNERS:
                for part in ("", "/visit", "/shared", "/question", "/questions", "/pause", "/walk-ins", "/handover"):
                    answer = await client.request(method, f"{path}{part}", headers=headers)
                    assert answer.status_code in (200, 405)
    assert await coordinator.state() == before
    assert await coordinator.service.names() == ["ContactNotified"]
    assert coordinator.referrals.told == []


async def test_a_link_that_never_was_one_that_is_over_and_one_that_was_revoked_look_the_same(
    coordinator: Coordinator,
) -> None:
    over = await coordinator.invite()
    await post(coordinator, over, answer="decline", reason="full")
    coordinator.service.clock.now += 31 * DAY
    revoked = await coordinator.invite(UUID(int=77))
    async with coordinator.service.service.engine.begin() as connection:
        await connection.execute(
            text("update invitation set generation = 2, token_hash = null where referral_id = :referral_id"),
            {"referral_id": UUID(int=77)},
        )
    never = f"/coordinator/answer/{'A' * 43}"
    answers = []
    for path in (never, over, revoked):
        answers.append(await every_way(coordinator, path))
        coordinator.service.clock.now += timedelta(minutes=10)  # for it is guessing
    assert answers[0] == answers[1] == answers[2]
    assert {status for status, _, _ in answers[0]} == {404}
    for told_in in ("Länken fungerar inte", "Lenken virker ikke", "The link does not work"):
        assert told_in in answers[0][0][1]


async def test_an_open_invitations_link_opens_however_long_that_takes(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    coordinator.service.clock.now += 90 * DAY  # nothing became of its deadline meanwhile
    assert (await get(coordinator, path)).status_code == 200


@pytest.mark.parametrize("answer", [{"answer": "accept"}, {"answer": "decline", "reason": "full"}])
async def test_a_decided_link_opens_for_thirty_days_more(coordinator: Coordinator, answer: dict[str, str]) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, **answer)
    coordinator.service.clock.now += 30 * DAY
    assert (await get(coordinator, path)).status_code == 200
    coordinator.service.clock.now += DAY
    assert (await get(coordinator, path)).status_code == 404


async def test_each_visit_keeps_the_link_open_for_the_next(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    coordinator.service.clock.now += 29 * DAY
    await post(coordinator, f"{path}/visit", visit="no_show")
    coordinator.service.clock.now += 29 * DAY
    await post(coordinator, f"{path}/visit", visit="attended")
    coordinator.service.clock.now += 29 * DAY
    assert "har sluttet" in (await get(coordinator, path)).text
    coordinator.service.clock.now += 3 * DAY
    assert (await get(coordinator, path)).status_code == 404


async def test_a_withdrawn_referrals_link_still_says_so_for_a_while(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await coordinator.service.deliver(WITHDRAWN)
    assert "ikke lenger aktuelt" in (await get(coordinator, path)).text
    coordinator.service.clock.now += 31 * DAY
    assert (await get(coordinator, path)).status_code == 404


async def test_whoever_guesses_too_often_waits_also_with_a_link_that_opens(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    for number in range(20):
        assert (await get(coordinator, f"/coordinator/answer/{number}")).status_code == 404
    for tried in (path, "/coordinator/answer/20"):
        refused = await get(coordinator, tried)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 600
    assert (await post(coordinator, path, answer="accept")).status_code == 429
    assert (await coordinator.state())["state"] == "notified"
    coordinator.service.clock.now += timedelta(minutes=10)
    assert (await get(coordinator, path)).status_code == 200


async def test_opening_a_link_that_works_is_never_counted(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    for _ in range(30):
        assert (await get(coordinator, path)).status_code == 200
