import asyncio
import json
from datetime import timedelta

import pytest

from schemas.activities import (
    ActivitiesProposed,
    NoActivityFound,
    Proposal,
    SeatRefused,
    SeatReleased,
    SeatReserved,
    Session,
)
from schemas.coordinator import InvitationExpired
from schemas.parts import WeeklyTime
from schemas.referral import ReferralClosed, ReferralErased, ReferralWithdrawn
from services.activities.domain.seats import Seats
from services.activities.importing import Import
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.referrals import Referrals
from services.activities.store.seats import OversoldError
from services.runtime.inbox import land
from services.runtime.lanes import LANES
from services.runtime.worker import Worker
from tests.activities.hearing import CHOIR, WALK, chosen, declined, id_of, know, received, taken
from tests.support.builders import an_activity, number
from tests.support.service_testing import UnderTest, a_record


def two_seats(**changes: object) -> dict[str, object]:
    return an_activity(1, seats={"maximum": 2, "taken": 1}, **changes)


async def test_what_fits_is_proposed_with_its_reasons(activities: UnderTest) -> None:
    await know(activities, an_activity(1), an_activity(2, status="draft"))

    await activities.deliver(received())

    [told] = await activities.announced()
    assert told.key == str(id_of())
    assert told.event == ActivitiesProposed(
        referral_id=id_of(),
        proposals=(
            Proposal(
                activity_id=WALK,
                name="Tur i Folkeparken",
                organiser_name="Tromsø kommune",
                place_name="Folkeparken",
                score=1.0,
                terms={
                    "interest": 1.0,
                    "distance": 1.0,
                    "time": 1.0,
                    "preference": 1.0,
                    "seats": 1.0,
                    "freshness": 1.0,
                },
                distance_km=0,
                reasons=("interest", "session", "near", "free", "seats"),
                next_session=WeeklyTime(day="mon", from_="10:00", to="12:00"),
                interests=("walking",),
            ),
        ),
        excluded={"unpublished": 1},
        waitable=(),
    )


async def test_among_near_equals_the_small_one_comes_before_the_popular_one(activities: UnderTest) -> None:
    popular = an_activity(1, seats={"maximum": 40, "taken": 20})
    small = an_activity(2, seats={"maximum": 8, "taken": 2}, verified_on="2024-10-01", peer_led=True)
    await know(activities, popular, small, an_activity(3, categories=["dance"]))

    await activities.deliver(received())

    [told] = await activities.announced(ActivitiesProposed)
    assert [proposal.activity_id for proposal in told.event.proposals] == [id_of(2), WALK, id_of(3)]
    assert told.event.proposals[0].score < told.event.proposals[1].score


async def test_needs_that_nothing_fits_wait_until_something_does(activities: UnderTest) -> None:
    await know(activities, an_activity(1, status="paused"))
    await activities.deliver(received())
    assert await activities.rows("select referral_id from unmatched") == [{"referral_id": id_of()}]

    await know(activities, an_activity(1))
    await activities.deliver(received())

    assert await activities.names() == ["ActivitiesProposed"]
    assert await activities.rows("select 1 from unmatched") == []


async def test_a_referral_whose_consent_is_over_is_not_matched_and_its_needs_are_not_kept(
    activities: UnderTest,
) -> None:
    await activities.deliver(received(consent_until=(activities.clock.now - timedelta(days=1)).date()))

    [told] = await activities.announced(NoActivityFound)
    assert told.event.reason == "consent"
    assert await activities.rows("select 1 from unmatched") == []


async def test_a_choice_reserves_a_seat_and_tells_what_the_notice_needs(activities: UnderTest) -> None:
    await know(activities, two_seats(contact_id=number(70)))

    await activities.deliver(chosen())

    [told] = await activities.announced()
    assert told.event == SeatReserved(
        referral_id=id_of(),
        choice=1,
        activity_id=WALK,
        contact_id=id_of(70),
        municipality="NO-5501",
        activity_name="Tur i Folkeparken",
        organiser_name="Tromsø kommune",
        place_name="Folkeparken",
        address="Conrad Holmboes veg",
        mode="place",
        sessions=(Session(day="mon", from_="10:00", to="12:00"),),
    )
    assert await taken(activities) == 2


async def test_a_choice_heard_twice_is_answered_twice_and_takes_one_seat(activities: UnderTest) -> None:
    await know(activities, two_seats())

    await activities.deliver(chosen(), chosen())

    first, again = await activities.announced(SeatReserved)
    assert first.event == again.event
    assert await taken(activities) == 2


async def test_the_last_seat_goes_to_one_of_two(activities: UnderTest) -> None:
    await know(activities, two_seats())

    await activities.deliver(chosen(n=100), chosen(n=101))

    assert sorted(await activities.names()) == ["SeatRefused", "SeatReserved"]
    assert await taken(activities) == 2


async def test_of_many_at_once_no_more_get_a_seat_than_there_are(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats={"maximum": 7, "taken": 0}))
    service = activities.service
    await land(service.engine, service.reading, [a_record(chosen(n=n)) for n in range(100, 140)], activities.clock())

    async def work(lanes: list[int]) -> None:
        worker = Worker(service.engine, service.handlers, service.reading, lanes, service.epoch)
        while await worker.run_once(activities.clock()):
            pass

    await asyncio.gather(*(work(list(range(first, LANES, 4))) for first in range(4)))

    names = await activities.names()
    assert (names.count("SeatReserved"), names.count("SeatRefused")) == (7, 33)
    assert await taken(activities) == 7


async def test_nothing_that_is_not_open_on_the_day_takes_anybody(activities: UnderTest) -> None:
    await know(
        activities,
        an_activity(1, status="paused"),
        an_activity(2, verified_on="2024-01-01"),
        an_activity(3, organiser={"organiser_id": "o", "name": "Koret", "kind": "voluntary"}),
    )

    await activities.deliver(*(chosen(n=100 + n, activity_id=id_of(n)) for n in (1, 2, 3, 4)))

    reasons = [told.event.reason for told in await activities.announced(SeatRefused)]
    assert reasons == ["not_open", "not_open", "not_open", "unknown"]


async def test_a_next_choice_frees_the_first_seat(activities: UnderTest) -> None:
    await know(activities, two_seats(), an_activity(2))

    await activities.deliver(chosen(1), chosen(2, CHOIR))

    assert await activities.names() == ["SeatReserved", "SeatReleased", "SeatReserved"]
    assert (await taken(activities), await taken(activities, CHOIR)) == (1, 1)


async def test_a_declined_and_an_expired_invitation_free_the_seat(activities: UnderTest) -> None:
    await know(activities, two_seats(), an_activity(2))
    expired = InvitationExpired(referral_id=id_of(), choice=2, activity_id=CHOIR, reason="no_response")

    await activities.deliver(chosen(1), declined(1), declined(1), chosen(2, CHOIR), expired)

    reasons = [told.event.reason for told in await activities.announced(SeatReleased)]
    assert reasons == ["declined", "expired"]
    assert (await taken(activities), await taken(activities, CHOIR)) == (1, 0)


async def test_a_withdrawal_heard_before_the_choice_it_ends_leaves_nothing_reserved(activities: UnderTest) -> None:
    await know(activities, two_seats())

    await activities.deliver(ReferralWithdrawn(referral_id=id_of(), choice=1, reason="participant"), chosen(1))

    assert await activities.names() == []
    assert await taken(activities) == 1


async def test_a_withdrawal_frees_the_seat_and_forgets_the_needs(activities: UnderTest) -> None:
    await know(activities, two_seats())
    await activities.deliver(received(interests=("choir",), max_distance_km=0.1, municipality="NO-5503"))
    await activities.deliver(chosen(1))
    assert await activities.rows("select 1 from unmatched")

    await activities.deliver(ReferralWithdrawn(referral_id=id_of(), choice=1, reason="participant"), received())

    assert await activities.names() == ["NoActivityFound", "SeatReserved", "SeatReleased"]
    assert await taken(activities) == 1
    assert await activities.rows("select 1 from unmatched") == []


async def test_somebody_who_takes_part_keeps_the_seat(activities: UnderTest) -> None:
    await know(activities, two_seats())

    await activities.deliver(chosen(1), ReferralClosed(referral_id=id_of(), choice=1, outcome="taking_part"))
    assert await taken(activities) == 2

    await activities.deliver(ReferralClosed(referral_id=id_of(), choice=1, outcome="entered_in_error"))
    assert await taken(activities) == 1


async def test_any_other_outcome_frees_the_seat(activities: UnderTest) -> None:
    await know(activities, two_seats())

    await activities.deliver(chosen(1), ReferralClosed(referral_id=id_of(), choice=1, outcome="tried_and_left"))

    assert await activities.names() == ["SeatReserved", "SeatReleased"]
    assert await taken(activities) == 1


async def test_an_erasure_frees_the_seat_and_forgets_what_was_announced(activities: UnderTest) -> None:
    await know(activities, two_seats())
    await activities.deliver(received(), chosen(1))

    await activities.deliver(ReferralErased(referral_id=id_of()), chosen(2), received())

    assert await activities.names() == ["SeatReleased"]
    assert await taken(activities) == 1


async def test_events_of_one_referral_are_numbered_in_their_order(activities: UnderTest) -> None:
    await know(activities, two_seats())

    await activities.deliver(received(), chosen(1), declined(1))

    assert [told.sequence for told in await activities.announced()] == [f"000001{n:014d}" for n in (1, 2, 3)]


async def test_a_withdrawn_activity_frees_its_seats_like_any_other(activities: UnderTest) -> None:
    await know(activities, two_seats())
    await activities.deliver(chosen(1))
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        await coordinator.delete(f"/activities/activities/{WALK}")

    await activities.deliver(chosen(1), declined(1))

    assert await activities.names() == ["SeatReserved", "ActivityWithdrawn", "SeatReserved", "SeatReleased"]
    assert await taken(activities) == 1


async def test_more_seats_than_there_are_cannot_be_written(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats={"maximum": 1, "taken": 1}))
    store = Referrals(LiveCatalogue())

    async def oversell() -> None:
        async with activities.service.transaction() as tx:
            work = await store.load(tx, [])
            work.seats[WALK] = Seats(maximum=2, taken=1, change=1)
            await store.save(work)

    with pytest.raises(OversoldError):
        await oversell()
    assert await taken(activities) == 1


async def test_a_referral_that_bears_an_activitys_id_disturbs_neither(activities: UnderTest) -> None:
    line = json.dumps(an_activity(1)).encode()
    await Import(activities.service.transaction, lambda *_: None).activities([(1, line)])

    await activities.deliver(received().model_copy(update={"referral_id": WALK}))
    await activities.deliver(ReferralErased(referral_id=WALK))

    assert await activities.rows("select * from inbox where state in ('waiting', 'parked')") == []
    [published] = await activities.rows("select sequence from outbox where topic = 'activity-events-v1'")
    assert published["sequence"] == "00000100000000000001"
