"""Who stands in line for a seat, and how a freed one passes on."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.activities import SeatAwaited, SeatOffered, SeatRefused, SeatReserved
from schemas.coordinator import InvitationDeclined
from schemas.event import Event
from schemas.referral import ReferralClosed, ReferralErased, ReferralWithdrawn
from services.runtime.handling import Delivery
from tests.activities.hearing import CHOIR, WALK, chosen, declined, id_of, know, taken
from tests.support.builders import a_session, an_activity
from tests.support.service_testing import UnderTest

FIRST, SECOND, THIRD = 101, 102, 103
TROMSO = {"role": "coordinator", "municipality": "NO-5501"}


async def a_full_walk(activities: UnderTest, *waiting: int, maximum: int = 1) -> None:
    """Have one referral hold the only seat of a walk, and others wait for it, in their order."""
    await know(activities, an_activity(1, seats={"maximum": maximum, "taken": maximum - 1}), an_activity(2))
    await activities.deliver(chosen())
    for n in waiting:  # one at a time: of several referrals, any may be handled first
        await activities.deliver(chosen(n=n, wait=True))


def withdrawn(n: int, choice: int = 1) -> ReferralWithdrawn:
    return ReferralWithdrawn(referral_id=id_of(n), choice=choice, reason="participant")


def a_delivery(event: Event) -> Delivery:
    return Delivery(event, event.topic, event.key, event.type())


async def told(activities: UnderTest, n: int) -> list[str]:
    """Return what was announced of a referral."""
    return [each.name for each in await activities.announced() if each.key == str(id_of(n))]


async def line(activities: UnderTest) -> list[UUID]:
    (row,) = await activities.rows("select line from seats where activity_id = :id", id=WALK)
    return [UUID(each.partition(":")[0]) for each in row["line"].split()]


async def change(activities: UnderTest, **changes: object) -> None:
    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.put(f"/activities/activities/{WALK}", json=an_activity(1, **changes))
    assert answer.status_code == 200, answer.text
    await activities.handle()


async def walk_ins(activities: UnderTest, n: int, *, expect: int = 200, **claims: str) -> dict[str, int]:
    async with activities.client(**(claims or TROMSO)) as caller:
        answer = await caller.put(f"/activities/activities/{WALK}/walk-ins", json={"walk_ins": n})
    assert answer.status_code == expect, answer.text
    await activities.handle()
    counted: dict[str, int] = answer.json()
    return counted


async def test_who_would_wait_stands_in_line_and_who_would_not_is_refused(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST, SECOND)
    await activities.deliver(chosen(n=THIRD))

    places = [(each.key, each.event.place) for each in await activities.announced(SeatAwaited)]
    assert places == [(str(id_of(FIRST)), 1), (str(id_of(SECOND)), 2)]
    assert await told(activities, THIRD) == ["SeatRefused"]


async def test_who_would_wait_for_what_has_a_seat_gets_it(activities: UnderTest) -> None:
    await know(activities, an_activity(1))
    await activities.deliver(chosen(wait=True))
    assert await activities.names() == ["SeatReserved"]


async def test_a_freed_seat_is_the_next_ones_and_is_never_free(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST, SECOND)
    await activities.deliver(declined())

    assert await told(activities, FIRST) == ["SeatAwaited", "SeatOffered", "SeatReserved"]
    assert await told(activities, SECOND) == ["SeatAwaited"]
    assert (await taken(activities), await line(activities)) == (1, [id_of(SECOND)])
    (offered,) = await activities.announced(SeatOffered)
    assert (offered.event.choice, offered.event.activity_id) == (1, WALK)


async def test_the_seat_passes_in_the_statement_that_frees_it(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST)
    async with activities.service.transaction() as tx:
        await tx.connection.execute(
            text(
                "create function forbid() returns trigger language plpgsql as "
                "$$ begin raise exception 'taken fell'; end $$"
            )
        )
        await tx.connection.execute(
            text(
                "create trigger never before update on seats for each row when (new.taken < old.taken) "
                "execute function forbid()"
            )
        )

    await activities.deliver(declined())

    assert (await taken(activities), await line(activities)) == (1, [])


@pytest.mark.parametrize(
    "end",
    [
        withdrawn(FIRST),
        ReferralClosed(referral_id=id_of(FIRST), choice=1, outcome="taking_part"),
        ReferralClosed(referral_id=id_of(FIRST), choice=1, outcome="did_not_want"),
        ReferralErased(referral_id=id_of(FIRST)),
        chosen(2, CHOIR, FIRST),
    ],
    ids=lambda event: type(event).__name__,
)
async def test_whoever_ends_waits_no_more_and_no_seat_is_freed(activities: UnderTest, end: Event) -> None:
    await a_full_walk(activities, FIRST, SECOND)
    await activities.deliver(end)

    assert (await taken(activities), await line(activities)) == (1, [id_of(SECOND)])
    assert "SeatReleased" not in await activities.names()
    await activities.deliver(declined())
    assert await told(activities, SECOND) == ["SeatAwaited", "SeatOffered", "SeatReserved"]
    assert "SeatOffered" not in await told(activities, FIRST)


async def test_who_is_said_to_take_part_without_a_seat_has_none_to_give_back(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST)
    await activities.deliver(ReferralClosed(referral_id=id_of(FIRST), choice=1, outcome="taking_part"))
    await activities.deliver(ReferralClosed(referral_id=id_of(FIRST), choice=1, outcome="entered_in_error"))
    assert await taken(activities) == 1


async def test_a_seat_that_was_passed_to_somebody_who_withdraws_passes_on(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST, SECOND)
    await activities.deliver(declined())
    await activities.deliver(withdrawn(FIRST))

    assert "SeatOffered" in await told(activities, SECOND)
    assert (await taken(activities), await line(activities)) == (1, [])


async def test_who_withdraws_in_the_moment_that_the_seat_becomes_theirs_gives_it_on(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST, SECOND)
    async with activities.service.transaction() as tx:  # one batch: the seat passes, and its new holder withdraws
        handlers = activities.service.handlers
        both = [a_delivery(declined()), a_delivery(withdrawn(FIRST))]
        work = await handlers.load(tx, both)
        for delivery in both:
            handlers.handle(work, delivery)
        await handlers.save(work)
    await activities.handle()

    assert await told(activities, FIRST) == ["SeatAwaited", "SeatReleased"]
    assert await told(activities, SECOND) == ["SeatAwaited", "SeatOffered", "SeatReserved"]
    assert (await taken(activities), await line(activities)) == (1, [])


async def test_nobody_overtakes_the_line(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST)
    await change(activities, status="paused", seats={"maximum": 1, "taken": 0})
    await activities.deliver(declined())
    assert (await taken(activities), await line(activities)) == (0, [id_of(FIRST)])

    await activities.deliver(chosen(n=SECOND), chosen(n=THIRD, wait=True))
    assert [each.event.reason for each in await activities.announced(SeatRefused)] == ["not_open", "not_open"]

    await change(activities, seats={"maximum": 1, "taken": 0})
    assert await told(activities, FIRST) == ["SeatAwaited", "SeatOffered", "SeatReserved"]
    assert await taken(activities) == 1


async def test_more_seats_are_those_of_the_line_first(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST, SECOND, THIRD)
    await change(activities, seats={"maximum": 3, "taken": 0})

    assert [each.key for each in await activities.announced(SeatOffered)] == [str(id_of(FIRST)), str(id_of(SECOND))]
    assert (await taken(activities), await line(activities)) == (3, [id_of(THIRD)])


async def test_a_seat_above_a_lowered_maximum_passes_to_nobody(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST, maximum=3)
    await change(activities, seats={"maximum": 2, "taken": 0})
    await activities.deliver(declined())
    assert (await taken(activities), await line(activities)) == (2, [id_of(FIRST)])


@pytest.mark.parametrize("end", ["ended", "withdrawn"])
async def test_when_an_activity_is_over_whoever_waits_is_refused(activities: UnderTest, end: str) -> None:
    await a_full_walk(activities, FIRST, SECOND)
    async with activities.client(**TROMSO) as coordinator:
        path = f"/activities/activities/{WALK}"
        await (coordinator.delete(path) if end == "withdrawn" else coordinator.post(f"{path}/end"))
    await activities.handle()

    refused = await activities.announced(SeatRefused)
    assert [(each.key, each.event.reason) for each in refused] == [(str(id_of(n)), "not_open") for n in (FIRST, SECOND)]
    assert await line(activities) == []


async def test_when_the_last_session_has_passed_whoever_waits_is_refused(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST)
    sessions = [a_session(last_on="2025-03-13"), a_session("tue", last_on="2025-03-14")]
    await change(activities, sessions=sessions, seats={"maximum": 1, "taken": 0})

    await activities.let_pass(timedelta(days=2))
    assert await line(activities) == [id_of(FIRST)]
    await activities.let_pass(timedelta(days=1))

    assert await told(activities, FIRST) == ["SeatAwaited", "SeatRefused"]
    assert [each.event.reason for each in await activities.announced(SeatRefused)] == ["not_open"]
    assert await line(activities) == []


async def test_sessions_that_are_held_for_longer_leave_the_line_as_it_is(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST)
    for sessions in ([a_session(last_on="2025-03-13")], [a_session(last_on="2025-03-13"), a_session("tue")]):
        await change(activities, sessions=sessions, seats={"maximum": 1, "taken": 0})

    await activities.let_pass(timedelta(days=9))

    assert await line(activities) == [id_of(FIRST)]


async def test_a_choice_that_waits_is_told_its_place_when_it_is_repeated(activities: UnderTest) -> None:
    await a_full_walk(activities, FIRST, SECOND)
    await activities.deliver(withdrawn(FIRST))
    await activities.deliver(chosen(n=SECOND, wait=True))
    assert [each.event.place for each in await activities.announced(SeatAwaited)] == [1, 2, 1]
    assert await line(activities) == [id_of(SECOND)]


async def test_the_end_of_an_older_invitation_leaves_the_place_in_line(activities: UnderTest) -> None:
    await a_full_walk(activities)
    await activities.deliver(chosen(2, n=FIRST, wait=True))
    await activities.deliver(InvitationDeclined(referral_id=id_of(FIRST), choice=1, activity_id=WALK, reason="full"))
    assert await line(activities) == [id_of(FIRST)]


async def test_walk_ins_take_and_free_the_same_seats(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats={"maximum": 3, "taken": 1}))
    assert await walk_ins(activities, 2) == {"maximum": 3, "taken": 2, "waiting": 0}
    for chooses in (chosen(n=FIRST), chosen(n=SECOND, wait=True), chosen(n=THIRD, wait=True)):
        await activities.deliver(chooses)

    assert await walk_ins(activities, 1) == {"maximum": 3, "taken": 3, "waiting": 1}
    assert await told(activities, SECOND) == ["SeatAwaited", "SeatOffered", "SeatReserved"]
    assert await walk_ins(activities, 5) == {"maximum": 3, "taken": 7, "waiting": 1}
    assert await walk_ins(activities, 0) == {"maximum": 3, "taken": 3, "waiting": 0}
    assert len(await activities.announced(SeatReserved)) == 3


async def test_more_walk_ins_than_anywhere_are_refused(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats={"maximum": None, "taken": 1}))
    await activities.deliver(chosen())
    await walk_ins(activities, 2_147_483_647, expect=422)
    await walk_ins(activities, 9_999)
    assert await taken(activities) == 10_000


async def test_only_who_keeps_the_activity_counts_its_walk_ins(activities: UnderTest) -> None:
    await know(activities, an_activity(1))
    await walk_ins(activities, 2, role="coordinator", municipality="NO-5503", expect=404)
    await walk_ins(activities, 2, role="coach", centre="her:1001", expect=403)
    await walk_ins(activities, 2, role="service", audience="activities", scope="match.preview", expect=403)
    await walk_ins(activities, 2, role="service", audience="activities", scope="activity.count")
    assert await taken(activities) == 2
