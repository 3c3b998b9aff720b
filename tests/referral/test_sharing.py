from datetime import timedelta
from typing import Any

import pytest

from services.referral.tables import metadata
from tests.referral.stories import CENTRE, accepted, ask, call, choose, notified, proposed, withdraw
from tests.support.builders import a_consent, a_referral, number
from tests.support.service_testing import UnderTest

ONE = number(1)
CONTACT = {"first_name": "Solveig", "phone": "+4799123456", "email": "solveig@example.org"}
SECRETS = ("Solveig", "4799123456", "solveig@example.org")


async def as_coordinator(
    referral: UnderTest, method: str, path: str, scope: str, body: object = None
) -> tuple[int, dict[str, Any]]:
    async with referral.client("service", audience="referral", scope=scope, subject="coordinator") as client:
        answer = await client.request(method, f"/referral/{path}", json=body)
    return answer.status_code, answer.json()


async def shared(referral: UnderTest, choice: int = 1) -> tuple[int, dict[str, Any]]:
    return await as_coordinator(referral, "GET", f"referrals/{ONE}/shared?choice={choice}", "shared.read")


async def in_force(referral: UnderTest, *numbers: int) -> set[str]:
    question = {"referral_ids": [number(n) for n in numbers]}
    status, answer = await as_coordinator(referral, "POST", "consents", "consent.read", question)
    assert status == 200
    return set(answer["in_force"])


async def invited(referral: UnderTest, *share: str) -> None:
    """Have the participant invited who shares these."""
    content = a_referral(contact=CONTACT, policy="best_match", consent=a_consent() | {"share": list(share)})
    await call(referral, "POST", "requests", content, expect=201)
    await referral.deliver(proposed(11, 12), notified(1, 11))


@pytest.mark.parametrize(
    ("share", "told"),
    [
        ((), {"first_name": None, "phone": None, "email": None, "companion": False}),
        (("first_name", "companion"), {"first_name": "Solveig", "phone": None, "email": None, "companion": True}),
        (("phone", "email"), CONTACT | {"first_name": None, "companion": False}),
    ],
)
async def test_what_the_consent_shares_is_told_and_nothing_else(
    referral: UnderTest, share: tuple[str, ...], told: dict[str, Any]
) -> None:
    await invited(referral, *share)
    assert await shared(referral) == (200, told)


async def test_a_reading_of_contact_data_is_written_down(referral: UnderTest) -> None:
    await invited(referral, "first_name")
    await shared(referral)
    assert await referral.rows("select action, unit, who, pseudonym from reading") == [
        {"action": "shared", "unit": "coordinator", "who": "coordinator", "pseudonym": "p-1"}
    ]


async def test_contact_data_given_later_and_consent_renewed_count_from_then_on(referral: UnderTest) -> None:
    await invited(referral, "first_name")
    await call(referral, "PUT", f"referrals/{ONE}/contact", {"first_name": "Sol", "phone": "+4799000000"})
    await call(referral, "PUT", f"referrals/{ONE}/consent", a_consent() | {"share": ["first_name", "phone"]})
    referral.clock.now += timedelta(seconds=1)
    _, told = await shared(referral)
    assert (told["first_name"], told["phone"]) == ("Sol", "+4799000000")


async def test_nothing_is_shared_once_the_choice_the_referral_or_the_consent_is_over(referral: UnderTest) -> None:
    await invited(referral, "first_name")
    assert (await shared(referral, choice=2))[0] == 410
    assert (await as_coordinator(referral, "GET", f"referrals/{number(9)}/shared?choice=1", "shared.read"))[0] == 404
    referral.clock.now += timedelta(days=365)
    assert (await shared(referral))[0] == 410
    referral.clock.now -= timedelta(days=365)
    await referral.deliver(accepted(1, 11))
    await withdraw(referral)
    assert (await shared(referral))[0] == 410
    assert await referral.rows("select * from reading") == []


async def test_consent_is_in_force_of_what_was_announced_and_has_not_ended(referral: UnderTest) -> None:
    await ask(referral, 1)
    await ask(referral, 2, study_arm="control")
    await ask(referral, 3, participant={"pseudonym": "p-3", "age": 67, "protected_identity": True})
    await ask(referral, 4)
    await withdraw(referral, 4)
    await ask(referral, 5, consent=a_consent(expires_on="2025-03-12"), municipality="SE-0180")
    assert await in_force(referral, 1, 2, 3, 4, 5, 9) == {number(1), number(5)}
    referral.clock.now += timedelta(hours=11)
    assert await in_force(referral, 1, 5) == {number(1)}


async def test_only_a_service_with_a_token_for_the_very_call_is_answered(referral: UnderTest) -> None:
    await invited(referral, "first_name")
    question = {"referral_ids": [ONE]}
    assert (await as_coordinator(referral, "POST", "consents", "shared.read", question))[0] == 403
    assert (await as_coordinator(referral, "GET", f"referrals/{ONE}/shared?choice=1", "consent.read"))[0] == 403
    await call(referral, "GET", f"referrals/{ONE}/shared?choice=1", expect=403)
    async with referral.client("service", audience="activities", scope="shared.read") as client:
        assert (await client.get(f"/referral/referrals/{ONE}/shared?choice=1")).status_code == 401


async def test_contact_data_is_nowhere_in_the_database_to_be_read(referral: UnderTest) -> None:
    await invited(referral, "first_name", "phone", "email")
    await shared(referral)
    for table in metadata.sorted_tables:
        for row in await referral.rows(f"select * from {table.name}"):
            kept = b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
            assert not any(secret.encode() in kept for secret in SECRETS), table.name


async def test_nothing_of_who_or_why_leaves_for_other_services(referral: UnderTest) -> None:
    await call(
        referral,
        "POST",
        "requests",
        a_referral(
            contact=CONTACT,
            policy="best_match",
            signs=["mild_depression"],
            wishes="Likes to sing",
            study_arm="intervention",
            extensions={"journal": "J-77"},
        ),
        expect=201,
    )
    await referral.deliver(proposed(11), notified(1, 11))
    await withdraw(referral)
    private = ("p-1", CENTRE, "mild_depression", "Likes to sing", "intervention", "protected", "J-77", *SECRETS)
    for told in await referral.announced():
        if not told.topic.startswith("referral-status"):
            assert not any(value in told.event.model_dump_json() for value in private), told.name


async def test_one_participants_contact_data_serves_all_their_referrals(referral: UnderTest) -> None:
    await invited(referral, "first_name")
    again = a_referral(2, contact=CONTACT | {"first_name": "Sol"})
    again["participant"]["pseudonym"] = "p-1"
    await call(referral, "POST", "requests", again, expect=201)
    assert (await shared(referral))[1]["first_name"] == "Sol"
    assert len(await referral.rows("select * from participant")) == 1


async def test_a_coach_chooses_and_the_contact_function_learns_what_is_shared_then(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    assert (await shared(referral))[0] == 410
    await choose(referral, 11)
    assert (await shared(referral))[0] == 200
