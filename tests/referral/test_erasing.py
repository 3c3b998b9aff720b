import json
from uuid import UUID

import pytest

from schemas.referral import ReferralErased
from tests.referral.stories import STATUS, accepted, call, choose, notified, proposed, withdraw
from tests.support.builders import a_referral, number
from tests.support.service_testing import UnderTest

CONTACT = {"first_name": "Torvvarda", "phone": None, "email": None}


async def refer(referral: UnderTest, n: int = 1, *, expect: int = 201, **changes: object) -> None:
    content = a_referral(n, contact=CONTACT, **changes)
    await call(referral, "POST", "requests", content, role="centre", expect=expect)


async def erase(referral: UnderTest, n: int = 1, *, role: str = "centre", expect: int = 204) -> None:
    async with referral.client(role, centre="hsa:SE2321000016-1") as client:
        answer = await client.delete(f"/referral/referrals/{number(n)}")
    assert answer.status_code == expect, answer.text


async def kept(referral: UnderTest, *but: str) -> dict[str, int]:
    """Return how many rows each table holds, but empty ones and those named."""
    tables = await referral.rows("select tablename from pg_tables where schemaname = 'public'")
    names = {row["tablename"] for row in tables} - {"alembic_version", "epoch", "inbox", *but}
    counted = {name: (await referral.rows(f"select count(*) as n from {name}"))[0]["n"] for name in names}
    return {name: n for name, n in counted.items() if n}


async def test_nothing_of_an_erased_referral_is_left_but_that_it_must_not_begin_again(referral: UnderTest) -> None:
    await refer(referral)
    await referral.deliver(proposed(11))
    await choose(referral, 11)
    await referral.deliver(notified(1, 11))

    await erase(referral)

    assert await kept(referral) == {"early_withdrawal": 1, "outbox": 2}
    told, centre = await referral.announced()
    assert (told.name, told.event) == ("ReferralErased", ReferralErased(referral_id=UUID(number(1))))
    assert (centre.topic, centre.event.state, centre.event.reason) == (STATUS, "withdrawn", "erased")
    await call(referral, "GET", f"referrals/{number(1)}", expect=404)
    await erase(referral, expect=404)


async def test_what_is_heard_after_an_erasure_brings_nothing_back(referral: UnderTest) -> None:
    await refer(referral)
    await referral.deliver(proposed(11))
    await choose(referral, 11)
    await erase(referral)

    await referral.deliver(notified(1, 11), accepted(1, 11))
    await withdraw(referral)
    await refer(referral, expect=409)

    assert await kept(referral, "outbox") == {"early_withdrawal": 1}
    assert "Torvvarda" not in json.dumps(await referral.rows("select * from outbox"), default=str)


async def test_only_their_centre_hears_of_the_erasure_of_somebody_whom_others_never_heard_of(
    referral: UnderTest,
) -> None:
    await refer(referral, study_arm="control")
    await erase(referral)
    (told,) = await referral.announced()
    assert (told.topic, told.event.state, told.event.reason) == (STATUS, "withdrawn", "erased")


async def test_of_what_had_ended_its_centre_hears_that_it_was_erased_and_how_it_had_ended(referral: UnderTest) -> None:
    await refer(referral)
    await call(referral, "POST", f"referrals/{number(1)}/outcome", {"outcome": "could_not"}, role="coach")
    await erase(referral)
    told = (await referral.announced())[-1].event
    assert (told.state, told.outcome, told.reason) == ("closed", "could_not", "erased")


async def test_a_participant_with_another_referral_is_still_reached(referral: UnderTest) -> None:
    await refer(referral, 1)
    await refer(referral, 2, participant=a_referral(1)["participant"])
    await erase(referral, 1)
    (row,) = await referral.rows("select contact is not null as is_reached from participant")
    assert row == {"is_reached": True}
    await erase(referral, 2)
    assert await referral.rows("select * from participant") == []


@pytest.mark.parametrize("role", ["coach", "coordinator"])
async def test_only_its_centre_erases_a_referral(referral: UnderTest, role: str) -> None:
    await refer(referral)
    async with referral.client(role, centre="hsa:SE2321000016-1", municipality="NO-5501") as client:
        assert (await client.delete(f"/referral/referrals/{number(1)}")).status_code == 403
    async with referral.client("centre", centre="her:1001") as client:
        assert (await client.delete(f"/referral/referrals/{number(1)}")).status_code == 404


async def test_an_early_withdrawal_does_not_let_an_erased_referral_be_stored_again(referral: UnderTest) -> None:
    await withdraw(referral)
    await refer(referral)
    await erase(referral)
    await refer(referral, expect=409)
