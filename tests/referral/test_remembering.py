"""What a restored referral service takes up again, and what it gives up."""

from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.event import Event
from schemas.referral import (
    ActivityChosen,
    ReferralErased,
    ReferralReceived,
    ReferralRejected,
    ReferralStatusChanged,
    ReferralWithdrawn,
)
from schemas.vocabulary import ReferralState
from services.demo.histories import unexplained
from services.referral.remembering import Remembering
from tests.activities.hearing import received
from tests.referral.stories import CENTRE, STATUS, a_request, about, accepted, ask, choose, declined, proposed
from tests.support.builders import number
from tests.support.service_testing import NOON, Landed, UnderTest, a_record, an_own

CHOSEN = ActivityChosen(**about(1, 11))
MARKS = ("early_withdrawal", "inbox", "outbox")


def was(state: ReferralState, n: int = 1, **more: object) -> Landed:
    """Return what its centre was told of it last."""
    said = {"referral_id": UUID(number(n)), "state": state, "waiting_on": "nobody", "since": NOON}
    return an_own(ReferralStatusChanged.model_validate(said | more), 9, topic=STATUS)


async def take_up(referral: UnderTest, *records: Landed) -> Remembering:
    remembering = Remembering()
    await referral.take_up(remembering.steps(), *records)
    return remembering


async def state(referral: UnderTest, n: int = 1) -> tuple[str, int, str | None]:
    """Return state, choice and wishes, when the history explains them."""
    named = {"key": UUID(number(n))}
    [row] = await referral.rows("select * from referral where referral_id = :key", **named)
    lines = await referral.rows("select * from history where referral_id = :key order by number", **named)
    history = [type("Line", (), line) for line in lines]
    assert list(unexplained(row["state"], row["moves"], history)) == []
    return row["state"], row["choice"], row["wanted"]


async def start_anew(referral: UnderTest) -> None:
    """Have the database be as before there was any referral."""
    async with referral.service.transaction() as tx:
        for table in (
            "referral",
            "request",
            "consent",
            "history",
            "participant",
            "early_withdrawal",
            "inbox",
            "outbox",
        ):
            await tx.connection.execute(text(f"delete from {table}"))


async def told(referral: UnderTest) -> list[Event]:
    return [each.event for each in await referral.announced()]


async def test_a_forgotten_choice_has_its_number_again_and_the_answer_to_it_counts(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12))
    before = await referral.names()

    await take_up(referral, an_own(CHOSEN, 5))

    assert await referral.names() == before  # all who are to hear of it have
    assert await state(referral) == ("chosen", 1, number(11))
    await choose(referral, 12, expect=409)
    await referral.deliver(accepted(1, 11))
    assert (await state(referral))[0] == "accepted"


async def test_what_was_wanted_next_is_kept_where_it_is_known(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12, 13))
    await choose(referral, 11, then=(12, 13))

    await take_up(referral, an_own(ActivityChosen(**about(2, 12)), 9))
    await referral.deliver(declined(1, 11), declined(2, 12))

    assert await state(referral) == ("chosen", 3, " ".join(map(number, (11, 12, 13))))


async def test_what_is_known_already_changes_nothing(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    await choose(referral, 11)
    await referral.deliver(accepted(1, 11))
    before = await state(referral)

    remembering = await take_up(referral, an_own(CHOSEN, 5), was("chosen", choice=1))

    assert (await state(referral), remembering.unknown()) == (before, [])


@pytest.mark.parametrize(
    ("ended", "more"),
    [
        ("withdrawn", {"reason": "participant"}),
        ("withdrawn", {"reason": "consent"}),
        ("closed", {"outcome": "could_not"}),
        ("entered_in_error", {"outcome": "entered_in_error"}),
    ],
)
async def test_what_had_ended_has_ended(referral: UnderTest, ended: ReferralState, more: dict[str, str]) -> None:
    await ask(referral)

    await take_up(referral, was(ended, **more))

    assert (await state(referral))[0] == ended


async def test_who_was_erased_is_forgotten_again(referral: UnderTest) -> None:
    await ask(referral)

    erased = an_own(ReferralErased(referral_id=UUID(number(1))), 5)
    remembering = await take_up(referral, erased, a_request(), was("proposed"))

    assert await referral.rows("select * from referral") == []
    assert remembering.unknown() == []
    assert (await take_up(referral, was("proposed"))).unknown() == []
    await ask(referral)
    assert await referral.rows("select * from referral") == []


async def test_who_was_erased_unheard_of_is_forgotten_again(referral: UnderTest) -> None:
    await ask(referral, study_arm="control")
    async with referral.client("centre", centre=CENTRE) as client:
        await client.delete(f"/referral/referrals/{number(1)}")
    told = [an_own(each.event, 10, topic=each.topic) for each in await referral.announced()]
    await start_anew(referral)
    await ask(referral, study_arm="control")
    assert (await state(referral))[0] == "received"

    remembering = await take_up(referral, was("received", waiting_on="study"), *told)

    for table in ("referral", "request", "participant", "deadline"):
        assert await referral.rows(f"select * from {table}") == []
    assert remembering.unknown() == []


@pytest.mark.parametrize("heard", [True, False], ids=["heard_of", "unheard_of"])
async def test_who_was_erased_and_is_lost_never_begins_again(referral: UnderTest, heard: bool) -> None:  # noqa: FBT001
    erased = an_own(ReferralErased(referral_id=UUID(number(1))), 5)
    told = (erased, was("proposed")) if heard else (was("withdrawn", reason="erased"),)

    remembering = await take_up(referral, *told)
    await ask(referral)

    assert remembering.unknown() == []
    assert await referral.rows("select * from referral") == []


async def test_taken_up_again_after_it_was_cut_off_it_changes_nothing(referral: UnderTest) -> None:
    records = [
        *(a_request(n) for n in (1, 2, 3)),
        *(a_record(proposed(11, 12, n=n)) for n in (1, 2)),
        *(an_own(received(n), 1) for n in (1, 2, 4)),
        an_own(CHOSEN, 5),
        an_own(ActivityChosen(**about(2, 12)), 7),
        an_own(ReferralErased(referral_id=UUID(number(3))), 5),
        was("invited", 1, choice=2),
        was("withdrawn", 2, reason="participant"),
        was("withdrawn", 3, reason="erased"),
        was("proposed", 4),
        was("withdrawn", 5, reason="erased"),
    ]
    first = await take_up(referral, *records)
    before = await referral.everything()

    again = await take_up(referral, *records)

    assert await referral.everything() == before
    assert again.unknown() == first.unknown() == [f"{number(4)} of {CENTRE}, was proposed"]


async def test_a_request_over_kafka_is_taken_again_with_the_choice_that_followed(referral: UnderTest) -> None:
    remembering = await take_up(
        referral, a_request(), a_record(proposed(11)), an_own(CHOSEN, 5), was("chosen", choice=1)
    )

    assert await state(referral) == ("chosen", 1, number(11))
    assert remembering.unknown() == []
    await referral.deliver(a_request())
    assert await referral.parked() == []


async def test_who_is_lost_is_named_and_ended_everywhere_and_their_centre_refers_anew(referral: UnderTest) -> None:
    await ask(referral)
    [received] = await referral.announced(ReferralReceived)
    await start_anew(referral)

    remembering = await take_up(referral, an_own(received.event, 1), an_own(CHOSEN, 5), was("invited", choice=1))

    assert remembering.unknown() == [f"{number(1)} of {CENTRE}, was invited"]
    withdrawn, rejected = await told(referral)
    assert withdrawn == ReferralWithdrawn(referral_id=UUID(number(1)), choice=1, reason="coach")
    assert isinstance(rejected, ReferralRejected)
    assert [error.rule for error in rejected.errors] == ["was lost with a database; refer anew, with another id"]
    assert (await referral.announced())[1].topic == STATUS
    await ask(referral)
    assert (await state(referral))[0] == "withdrawn"


async def test_of_a_lost_referral_that_others_must_not_hear_of_they_hear_nothing(referral: UnderTest) -> None:
    remembering = await take_up(referral, was("received"))

    assert remembering.unknown() == [f"{number(1)} of {CENTRE}, was received"]
    assert [each.topic for each in await referral.announced()] == [STATUS]


async def test_a_lost_referral_that_had_ended_is_named_and_nobody_is_told(referral: UnderTest) -> None:
    remembering = await take_up(referral, was("withdrawn", reason="participant"))

    assert remembering.unknown() == [f"{number(1)} of {CENTRE}, was withdrawn"]
    assert await told(referral) == []
