import asyncio
from typing import Any

import pytest

from schemas.referral import ReferralReceived
from tests.referral.stories import CENTRE, ask
from tests.support.builders import Json, a_consent, a_referral
from tests.support.service_testing import UnderTest

CONTACT = {"first_name": "Solveig", "phone": "+4799123456", "email": "solveig@example.org"}


async def post(referral: UnderTest, content: Json, role: str | None = "coach", centre: str = CENTRE) -> tuple[int, Any]:
    async with referral.client(role, centre=centre) as client:
        answer = await client.post("/referral/requests", json=content)
    return answer.status_code, answer.json()


async def test_a_request_is_created_once_and_then_repeated(referral: UnderTest) -> None:
    status, standing = await post(referral, a_referral(contact=CONTACT))
    assert (status, standing["state"], standing["waiting_on"]) == (201, "received", "nobody")
    assert (await post(referral, a_referral(contact=CONTACT), "centre"))[0] == 200
    assert await referral.names() == ["ReferralReceived", "ReferralStatusChanged"]


@pytest.mark.parametrize("change", [{"wishes": "walks"}, {"contact": None}, {"contact": CONTACT | {"phone": None}}])
async def test_a_known_id_with_other_content_is_a_conflict(referral: UnderTest, change: Json) -> None:
    await post(referral, a_referral(contact=CONTACT))
    assert (await post(referral, a_referral(contact=CONTACT) | change))[0] == 409


@pytest.mark.parametrize("other", [True, 1.0])
async def test_what_only_python_holds_equal_is_other_content(referral: UnderTest, other: float) -> None:
    one = a_referral(extensions={"visits": [1]})
    await post(referral, one)
    assert (await post(referral, one))[0] == 200
    assert (await post(referral, one | {"extensions": {"visits": [other]}}))[0] == 409


async def test_a_consent_until_further_notice_is_taken(referral: UnderTest) -> None:
    assert (await post(referral, a_referral(consent=a_consent(expires_on="9999-12-31"))))[0] == 201
    assert await referral.names() == ["ReferralReceived", "ReferralStatusChanged"]
    assert await referral.rows("select 1 from deadline where kind = 'consent_ends'") != []


async def test_another_centres_id_is_the_same_conflict(referral: UnderTest) -> None:
    await post(referral, a_referral())
    _, own = await post(referral, a_referral(wishes="walks"))
    status, other = await post(referral, a_referral(health_centre="her:1001"), centre="her:1001")
    assert status == 409
    assert other["detail"] == own["detail"]


async def test_the_same_request_sent_twice_at_once_is_stored_once(referral: UnderTest) -> None:
    answers = await asyncio.gather(*(post(referral, a_referral()) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 201]
    assert len(await referral.announced(ReferralReceived)) == 1


async def test_what_came_over_kafka_is_a_repeat_over_http(referral: UnderTest) -> None:
    await ask(referral)
    assert (await post(referral, a_referral()))[0] == 200


async def test_every_broken_rule_is_told_at_once_and_no_value(referral: UnderTest) -> None:
    content = a_referral(
        health_centre="her:1001", signs=["tired"], wishes="born 19640823-3234", colour="blue", max_distance_km="10"
    )
    status, problem = await post(referral, content)
    assert status == 422
    assert {error["path"] for error in problem["errors"]} == {
        "health_centre",
        "signs[0]",
        "wishes",
        "colour",
        "max_distance_km",
    }
    assert not any(value in str(problem) for value in ("1001", "tired", "19640823", "blue"))


@pytest.mark.parametrize(
    ("role", "claims", "status"),
    [
        (None, {}, 401),
        ("coordinator", {"municipality": "NO-5501"}, 403),
        ("organiser", {"organiser": "1"}, 403),
        ("operator", {}, 403),
    ],
)
async def test_only_centres_and_coaches_refer(
    referral: UnderTest, role: str | None, claims: dict[str, str], status: int
) -> None:
    async with referral.client(role, **claims) as client:
        answer = await client.post("/referral/requests", json=a_referral())
    assert answer.status_code == status


async def test_a_body_over_256_kb_is_too_large(referral: UnderTest) -> None:
    assert (await post(referral, a_referral(wishes="x" * 262_144)))[0] == 413
