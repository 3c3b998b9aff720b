"""Somebody hands over to their deputy: nothing is lost, nobody is asked twice, and the coach reads it in words."""

from tests.journeys.people import Activity, Centre, Notice, Town
from tests.support.waiting import until

TAKE_OVER = "You take over: Walk"


async def sent_to(town: Town, address: str, number: int = 1) -> Notice:
    """Return the n-th mail that an address was sent, when it is there."""
    catcher = town.world.machine.catcher
    mails = await until(lambda: [mail for mail in catcher.messages if mail.to == (address,)][number - 1 :])
    return Notice(town.world.http, mails[0])


async def opened(town: Town, deputy: str) -> Activity:
    return await town.opens("Walk", seats=3, deputies=[deputy])


async def test_the_deputy_answers_and_the_coach_reads_who_did_what(centre: Centre, town: Town) -> None:
    deputy = f"deputy.of.{town.code}@mote.example".lower()
    walk = await opened(town, deputy)
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk)
    holder = await walk.notice()

    given_up = await holder.answer(to="/handover", until="")
    assert "Somebody else has taken over." in given_up
    taken = await sent_to(town, deputy)
    assert taken.mail.subject == TAKE_OVER
    assert "The holder handed over to deputy 1." in await taken.open()
    await taken.accept()

    told = await centre.becomes(referral_id, "accepted")
    assert [line["said"] for line in told["history"] if line["who"] == "coordinator"] == [
        "The contact function was told that somebody would like to come.",
        "The contact function handed over to its deputy.",
        "The contact function welcomes the participant.",
    ]
    await holder.becomes("They welcome whoever would like to come.")


async def test_who_is_away_until_a_day_is_asked_nothing_until_then(centre: Centre, town: Town) -> None:
    deputy = f"deputy.of.{town.code}@mote.example".lower()
    walk = await opened(town, deputy)
    first, second = [await centre.refer(town) for _ in range(2)]
    for referral_id in (first, second):
        await centre.choose(referral_id, walk)
    holder, other = await walk.notice(1), await walk.notice(2)

    await holder.answer(to="/handover", until=town.world.day(7).isoformat())

    subjects = [(await sent_to(town, deputy, number)).mail.subject for number in (1, 2)]
    assert subjects == [TAKE_OVER, TAKE_OVER]
    await other.becomes("Somebody else has taken over.")
    third = await centre.refer(town)
    await centre.choose(third, walk)
    await (await sent_to(town, deputy, 3)).accept()
    await centre.becomes(third, "accepted")
    assert len(walk.sent()) == 2
