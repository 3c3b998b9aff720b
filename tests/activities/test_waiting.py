import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.activities import ActivitiesProposed
from schemas.event import Event
from schemas.needs import TRIED_FOR
from schemas.referral import ReferralErased, ReferralReceived, ReferralWithdrawn
from services.activities.handlers import match_referral
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.referrals import Referrals
from services.runtime.handling import Delivery
from tests.activities.hearing import WALK, chosen, declined, id_of, know, received
from tests.support.builders import Json, an_activity, number
from tests.support.service_testing import UnderTest

VOLUNTARY = {"organiser_id": "o", "name": "Turlaget", "kind": "voluntary"}
FULL = {"maximum": 1, "taken": 1}
FAR = an_activity()["place"] | {"latitude": 69.75}


def agreement(first: str, last: str = "2025-12-31") -> Json:
    return {"valid_from": first, "valid_to": last}


async def waiting(activities: UnderTest) -> list[str]:
    return [str(row["referral_id"]) for row in await activities.rows("select referral_id from unmatched order by 1")]


async def tried(activities: UnderTest) -> int:
    """Return how many times a referral was tried again."""
    [row] = await activities.rows("select count(*) from inbox where type = 'motesplats.deadline.try_again'")
    return int(row["count"])


HELPS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "it is published": ({"status": "draft"}, {}),
    "it is no longer paused": ({"status": "paused"}, {}),
    "it is verified": ({"verified_on": None}, {}),
    "it is verified anew": ({"verified_on": "2024-09-12"}, {}),
    "an agreement is made": (
        {"organiser": VOLUNTARY},
        {"organiser": VOLUNTARY, "agreement": agreement("2025-03-12")},
    ),
    "the municipality takes it over": ({"organiser": VOLUNTARY}, {"organiser": VOLUNTARY | {"kind": "municipality"}}),
    "it opens to a neighbour": ({"municipality": "NO-5503"}, {"municipality": "NO-5503", "open_to": ["NO-5501"]}),
    "it is held online": ({"place": FAR}, {"mode": "online", "place": None}),
    "it takes other ages": ({"ages": {"min": 68, "max": None}}, {"ages": {"min": 67, "max": 67}}),
    "it is for women too": ({"audience": "men"}, {"audience": "women"}),
    "it is held in another language": ({"languages": ["sv"]}, {"languages": ["sv", "nb"]}),
    "it gets a lift": ({"access": []}, {"access": ["quiet", "lift"]}),
    "it is held at another time": ({"sessions": [{"day": "tue"}]}, {"sessions": [{"day": "mon"}]}),
    "it costs less": ({"cost": {"amount": "80", "currency": "NOK"}}, {"cost": {"amount": "50.00", "currency": "NOK"}}),
    "it has more seats": ({"seats": FULL}, {"seats": {"maximum": 2, "taken": 1}}),
    "it takes as many as like": ({"seats": FULL}, {"seats": {"maximum": None, "taken": 1}}),
}  # fmt: skip


@pytest.mark.parametrize("what", HELPS)
async def test_a_change_that_helps_brings_proposals_to_who_waits(activities: UnderTest, what: str) -> None:
    before, after = (_timed(change) for change in HELPS[what])
    demanding = received(
        languages=("nb",),
        access_needs=("lift",),
        free_times=json.loads('[{"day": "mon", "from": "09:00", "to": "13:00"}]'),
        max_cost={"amount": "50", "currency": "NOK"},
    )
    await know(activities, an_activity(**{"access": ["lift"]} | before))
    await activities.deliver(demanding)
    assert await waiting(activities) == [number(100)]

    await know(activities, an_activity(**{"access": ["lift"]} | after))
    await activities.handle()

    [proposed] = await activities.announced(ActivitiesProposed)
    assert [each.activity_id for each in proposed.event.proposals] == [WALK]
    assert await waiting(activities) == []


def _timed(change: dict[str, Any]) -> dict[str, Any]:
    sessions = [an_activity()["sessions"][0] | session for session in change.get("sessions", ())]
    return change | ({"sessions": sessions} if sessions else {})


async def test_a_place_that_moves_nearer_helps(activities: UnderTest) -> None:
    await know(activities, an_activity(place=FAR))
    await activities.deliver(received())

    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        nearer = {name: FAR[name] for name in ("name", "longitude", "address")} | {"latitude": 69.66}
        assert (await coordinator.put(f"/activities/places/{FAR['place_id']}", json=nearer)).status_code == 200
    await activities.handle()

    assert "ActivitiesProposed" in await activities.names()


async def test_a_seat_that_becomes_free_helps(activities: UnderTest) -> None:
    await know(activities, an_activity(seats={"maximum": 1, "taken": 0}))
    await activities.deliver(chosen(n=1))
    await activities.deliver(received(n=2))
    assert await waiting(activities) == [number(2)]

    await activities.deliver(declined(n=1))

    assert (await activities.names())[-1] == "ActivitiesProposed"


async def test_a_walk_in_who_stays_away_leaves_a_seat_that_helps(activities: UnderTest) -> None:
    await know(activities, an_activity(seats=FULL))
    await activities.deliver(received())

    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        answer = await coordinator.put(f"/activities/activities/{WALK}/walk-ins", json={"walk_ins": 0})
        assert answer.status_code == 200
    await activities.handle()

    assert (await activities.names())[-1] == "ActivitiesProposed"


async def test_a_longer_verification_window_of_the_municipality_helps(activities: UnderTest) -> None:
    await know(activities, an_activity(verified_on="2024-06-01"))
    await activities.deliver(received())
    weights = {"interest": 0.45, "distance": 0.2, "time": 0.1, "preference": 0.1, "seats": 0.1, "freshness": 0.05}

    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        chosen = {"weights": weights, "verified_days": 365}
        assert (await coordinator.put("/activities/settings/matching", json=chosen)).status_code == 200
    await activities.handle()

    assert await activities.names() == ["NoActivityFound", "ActivitiesProposed"]


async def test_an_agreement_helps_from_its_first_day(activities: UnderTest) -> None:
    await know(activities, an_activity(organiser=VOLUNTARY, agreement=agreement("2025-03-15")))
    await activities.deliver(received())
    before_midnight = datetime(2025, 3, 14, 22, 59, 59, tzinfo=UTC) - activities.clock.now

    await activities.let_pass(before_midnight)
    assert await waiting(activities) == [number(100)]
    await activities.let_pass(timedelta(seconds=1))

    assert await activities.names() == ["NoActivityFound", "ActivitiesProposed"]


async def test_a_change_before_an_agreement_begins_does_not_let_its_first_day_be_forgotten(
    activities: UnderTest,
) -> None:
    soon = an_activity(organiser=VOLUNTARY, agreement=agreement("2025-03-15"))
    await know(activities, soon)
    await activities.deliver(received())
    await know(activities, soon | {"name": "Kveldstur"})

    await activities.let_pass(timedelta(days=3))

    assert "ActivitiesProposed" in await activities.names()


async def test_who_was_helped_hears_it_once_however_much_changes(activities: UnderTest) -> None:
    await activities.deliver(received())

    await know(activities, an_activity(1), an_activity(2))
    await know(activities, an_activity(1, name="Kveldstur"))
    await activities.handle()
    assert await activities.names() == ["ActivitiesProposed"]
    await know(activities, an_activity(3))
    await activities.handle()

    assert await activities.names() == []


@pytest.mark.parametrize("farthest", [5e-324, 1.7976931348623157e308])
async def test_whatever_distance_somebody_names_others_are_helped(activities: UnderTest, farthest: float) -> None:
    await activities.deliver(received(1, max_distance_km=farthest), received(2))

    await know(activities, an_activity())
    await activities.handle()

    assert number(2) in [proposed.key for proposed in await activities.announced(ActivitiesProposed)]


@pytest.mark.parametrize("degrees", [5e-324, -1e-320])
async def test_a_place_may_lie_however_near_the_equator(activities: UnderTest, degrees: float) -> None:
    area = {"latitude": 0.01, "longitude": 0.0}
    await activities.deliver(received(area=area))

    await know(activities, an_activity(place=FAR | {"latitude": degrees, "longitude": degrees}))
    await activities.handle()

    assert await activities.names() == ["ActivitiesProposed"]


async def test_what_cannot_help_has_nobody_tried_again(activities: UnderTest) -> None:
    await activities.deliver(received(languages=("nb",), access_needs=("lift",), modes=("place",)))
    once = await tried(activities)
    away = an_activity()["place"] | {"latitude": 70.0}

    await know(
        activities,
        an_activity(1, municipality="NO-5503", access=["lift"]),
        an_activity(2, languages=["sv"], access=["lift"]),
        an_activity(3, access=["quiet"]),
        an_activity(4, mode="online", place=None, access=["lift"]),
        an_activity(5, place=away, access=["lift"]),
        an_activity(6, ages={"min": None, "max": 66}, access=["lift"]),
        an_activity(7, audience="men", access=["lift"]),
        an_activity(8, status="draft", access=["lift"]),
        an_activity(9, seats=FULL, access=["lift"]),
        an_activity(10, verified_on=None, access=["lift"]),
    )
    await activities.handle()

    assert await tried(activities) == once == 1


@pytest.mark.parametrize("ending", [ReferralWithdrawn, ReferralErased])
async def test_who_withdrew_is_not_tried_again(activities: UnderTest, ending: type[Event]) -> None:
    await activities.deliver(received())
    end = {"referral_id": id_of(), "choice": 0, "reason": "participant"}

    await know(activities, an_activity())
    await activities.deliver(ending.model_validate(end))

    assert "ActivitiesProposed" not in await activities.names()
    assert await waiting(activities) == []


async def test_who_chose_to_wait_for_a_seat_is_proposed_nothing_else(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats=FULL))
    await activities.deliver(received())
    await activities.deliver(chosen().model_copy(update={"wait": True}))

    await know(activities, an_activity(2))
    await activities.handle()

    assert await activities.names() == []
    assert await waiting(activities) == []


async def test_needs_are_tried_for_ninety_days_and_then_forgotten(activities: UnderTest) -> None:
    await activities.deliver(received())
    await activities.let_pass(TRIED_FOR - timedelta(seconds=1))
    assert await waiting(activities)
    await activities.let_pass(timedelta(seconds=1))
    assert not await waiting(activities)

    await know(activities, an_activity(verified_on=str(activities.clock.now.date())))
    await activities.handle()

    assert await activities.names() == []


async def test_a_consent_that_was_renewed_is_what_counts_from_then_on(activities: UnderTest) -> None:
    await activities.deliver(received(consent_until=activities.clock.now.date()))
    await activities.deliver(received(consent_until=(activities.clock.now + timedelta(days=9)).date()))
    activities.clock.now += timedelta(days=2)

    await know(activities, an_activity())
    await activities.handle()

    assert await activities.names() == ["ActivitiesProposed"]


async def test_a_change_that_commits_while_nothing_is_found_is_not_missed(activities: UnderTest) -> None:
    store = Referrals(LiveCatalogue())
    delivery = Delivery(received(), ReferralReceived.topic, str(id_of()), ReferralReceived.type())

    async with activities.service.transaction() as tx:
        work = await store.load(tx, [delivery])
        match_referral(work, received(), delivery)
        await store.save(work)
        await know(activities, an_activity())
        await activities.handle()  # nobody who waits can be seen yet
        assert await tried(activities) == 0
    await activities.handle()

    assert await activities.names() == ["NoActivityFound", "ActivitiesProposed"]
