"""Silence before a holiday: whoever was asked is reminded, the deputy is asked, the next choice gets its chance."""

from datetime import UTC, date, datetime, time, timedelta

from services.coordinator.domain.working_days import is_working_day, zone_of
from tests.journeys.people import Activity, Centre, Town
from tests.journeys.world import World
from tests.support.waiting import until

TEN = time(10, tzinfo=UTC)


def a_thursday_before_a_free_monday(after: date) -> date:
    """Return the next Thursday, in Norway, after which Friday is a working day, Monday is none, and then four are."""
    working = [True, True, False, True, True, True, True]
    day = after + timedelta(days=1)
    while True:
        days = [day + timedelta(days=n) for n in (0, 1, 4, 5, 6, 7, 8)]
        if day.weekday() == 3 and [is_working_day(one, "NO") for one in days] == working:
            return day
        day += timedelta(days=1)


async def somebody_is_invited(centre: Centre, town: Town, other: Activity) -> None:
    """Have somebody else invited elsewhere: by then the services have seen what time it is."""
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, other)
    await centre.becomes(referral_id, "invited")


async def test_silence_from_a_thursday_ends_in_the_deputys_mail_and_then_the_next_choice_on_the_right_day(
    world: World, centre: Centre, town: Town
) -> None:
    deputy = f"deputy.of.{town.code}@mote.example".lower()
    thursday = a_thursday_before_a_free_monday(world.day())
    await world.becomes(datetime.combine(thursday, TEN))
    walk = await town.opens("Walk", deputies=[deputy])
    cafe, other = await town.opens("Cafe", km=4), await town.opens("Other", km=9, seats=None)
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk, cafe)
    first = await walk.notice()
    day_of = {name: thursday + timedelta(days=n) for n, name in ((4, "mon"), (5, "tue"), (6, "wed"), (8, "fri"))}

    await world.becomes(datetime.combine(day_of["mon"], time(22, tzinfo=UTC)))
    await somebody_is_invited(centre, town, other)
    assert len(walk.sent()) == 1

    await world.becomes(datetime.combine(day_of["tue"], time(11, tzinfo=UTC)))
    (_, reminder) = await until(lambda: len(walk.sent()) == 2 and walk.sent())
    assert reminder.subject == "Reminder: someone would like to come to Walk"
    await somebody_is_invited(centre, town, other)
    assert mails_to(world, deputy) == []

    await world.becomes(datetime.combine(day_of["wed"], time(11, tzinfo=UTC)))
    (asked,) = await until(lambda: mails_to(world, deputy))
    assert asked == "Someone would like to come to Walk, and nobody has answered"

    await world.becomes(datetime.combine(day_of["fri"], time(23), zone_of(town.code)))
    await somebody_is_invited(centre, town, other)
    assert cafe.mails() == []
    await centre.becomes(referral_id, "invited", "contact_function")

    await world.becomes(datetime.combine(day_of["fri"] + timedelta(days=1), time(0, 0, 1), zone_of(town.code)))
    await cafe.notice()
    await centre.becomes(referral_id, "invited", "contact_function")
    assert "The time to answer is over." in await first.open()
    assert len(walk.sent()) == 2


def mails_to(world: World, address: str) -> list[str]:
    """Return the subjects of what the address was sent."""
    return [mail.subject for mail in world.machine.catcher.messages if mail.to == (address,)]


async def test_the_coach_reads_why_each_choice_fell(world: World, centre: Centre, town: Town) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=4)
    choir = await town.opens("Choir", km=8, paused_until=world.day(30).isoformat())
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk, choir, cafe)
    await (await walk.notice()).decline("full")
    await cafe.notice()
    await centre.becomes(referral_id, "invited", "contact_function")
    await world.days_pass(14)

    told = await centre.becomes(referral_id, "proposed", "coach")

    why = [line["said"] for line in told["history"] if line["what"].startswith(("invitation.", "contact.unreachable"))]
    assert why == [
        "The contact function answered that it is full.",
        "The contact function has paused and was not asked.",
        "Nobody could be reached.",
        "Nobody answered in time.",
    ]
    assert choir.sent() == []
