"""Whoever was asked hands an invitation over to the deputy, in order; whoever has the old link reads what was done."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.coordinator import ContactNotified, InvitationAccepted
from tests.coordinator.conftest import CONTACT, MUNICIPALITY, REFERRAL, Coordinator, a_contact, a_seat, link
from tests.coordinator.test_answers import WITHDRAWN, Forms, get, post, scope
from tests.coordinator.test_letters import write_and_send
from tests.coordinator.test_silence import CODE, DEPUTY, HOLDER_IS_AWAY, at, pass_until, told
from tests.support.waiting import until

SECOND = {"name": "Styret", "email": "styret@mote.example"}
ABSENCE = f"/activities/contacts/{CONTACT}/absence"
GIVEN_UP = "Noen andre har tatt over."
DAY = timedelta(days=1)


async def invited(coordinator: Coordinator, referral_id: UUID = REFERRAL, **changes: object) -> str:
    """Invite somebody, and return the path that whoever is in charge was sent."""
    contact = {"deputies": [DEPUTY]} | changes
    await coordinator.service.deliver(a_contact(**contact), a_seat(referral_id=referral_id))
    await coordinator.send_notices()
    return link(coordinator.catcher.messages[-1])


async def handed_over(coordinator: Coordinator, path: str, **fields: str) -> str:
    """Hand over, and return the path that whoever took over was sent."""
    page = await post(coordinator, f"{path}/handover", **{"until": ""} | fields)
    assert page.status_code == 200
    assert GIVEN_UP in page.text
    await coordinator.send_notices()
    return link(coordinator.catcher.messages[-1])


def actions(page: str, path: str) -> list[str]:
    return [action.removeprefix(path) for action, _ in Forms(page).forms]


async def test_the_deputy_gets_a_link_of_their_own_and_the_old_one_shows_what_was_done(
    coordinator: Coordinator,
) -> None:
    path = await invited(coordinator)
    assert "Innehaveren overlater det til vara 1" in (await get(coordinator, path)).text
    taken = await handed_over(coordinator, path)
    assert told(coordinator)[1:] == [("kontoret@mote.example", "Dere tar over: Tur i Folkeparken")]
    assert taken != path
    done = "Onsdag 12. mars 2025, 13:00: Innehaveren overlot det til vara 1."
    given_up, page = (await get(coordinator, path)).text, (await get(coordinator, taken)).text
    for each in (given_up, page):
        assert done in each
    assert "De har ikke svart ennå." in given_up
    assert Forms(given_up).forms == []
    assert actions(page, taken) == ["", "", "/question"]  # and nobody is left to hand over to
    told_coach = [one.event for one in await coordinator.service.announced(ContactNotified)]
    assert [one.handed_over for one in told_coach] == [False, True]


@pytest.mark.parametrize(
    ("answer", "state"), [("accept", "De tar imot den som vil komme."), ("decline", "det ikke går")]
)
async def test_the_old_link_tells_what_the_deputy_answered(coordinator: Coordinator, answer: str, state: str) -> None:
    path = await invited(coordinator)
    taken = await handed_over(coordinator, path)
    await post(coordinator, taken, answer=answer, **({"reason": "full"} if answer == "decline" else {}))
    assert state in (await get(coordinator, path)).text


async def test_the_old_link_decides_nothing_any_more(coordinator: Coordinator) -> None:
    path = await invited(coordinator)
    await post(coordinator, path, answer="accept")
    taken = await handed_over(coordinator, path)
    coordinator.referrals.shared = {"first_name": "Solveig"}
    before = await coordinator.state()
    for page in (
        await post(coordinator, path, answer="accept"),
        await post(coordinator, path, answer="decline", reason="full"),
        await post(coordinator, f"{path}/visit", visit="attended"),
        await post(coordinator, f"{path}/shared"),
        await post(coordinator, f"{path}/question", text="Er det greit?"),
        await post(coordinator, f"{path}/questions"),
        await post(coordinator, f"{path}/pause", until="2030-01-01"),
        await post(coordinator, f"{path}/walk-ins", walk_ins="3"),
        await post(coordinator, f"{path}/handover", until=""),
    ):
        assert [answer.status_code for answer in (*page.history, page)] == [303, 200]
        assert GIVEN_UP in page.text
        assert "Solveig" not in page.text
    assert await coordinator.state() == before
    assert await coordinator.service.rows("select * from errand") == []
    assert coordinator.referrals.told == []
    await post(coordinator, f"{taken}/visit", visit="attended")
    assert (await coordinator.state())["visit"] == "attended"


async def test_the_weekly_letter_has_no_link_to_what_was_handed_over(coordinator: Coordinator) -> None:
    path = await invited(coordinator)
    await coordinator.service.deliver(*(a_seat(referral_id=UUID(int=100 + n)) for n in range(5)))
    await coordinator.send_notices()
    taken = await handed_over(coordinator, path)
    coordinator.service.clock.now = datetime(2025, 3, 17, 12, tzinfo=UTC)
    await write_and_send(coordinator)
    (weekly,) = (mail for mail in coordinator.catcher.messages if mail.subject == "Uken deres: 5 som venter")
    assert weekly.to == ("tur@mote.example",)
    assert taken not in weekly.text


async def test_the_old_link_opens_as_long_as_the_new_one_and_then_looks_like_any_other(
    coordinator: Coordinator,
) -> None:
    path = await invited(coordinator)
    taken = await handed_over(coordinator, path)
    await post(coordinator, taken, answer="accept")
    coordinator.service.clock.now += 30 * DAY
    assert [(await get(coordinator, each)).status_code for each in (path, taken)] == [200, 200]
    coordinator.service.clock.now += DAY
    over, never = await get(coordinator, path), await get(coordinator, f"/coordinator/answer/{'A' * 43}")
    assert (over.status_code, over.text) == (never.status_code, never.text) == (404, never.text)
    assert (await post(coordinator, f"{path}/handover", until="")).status_code == 404


# Whoever is first decides


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"answer": "accept"}, GIVEN_UP),
        ({"answer": "decline", "reason": "full"}, "Dere har svart at det ikke går."),
    ],
    ids=["accepted is handed over too", "declined is declined"],
)
async def test_what_is_answered_before_it_is_handed_over(
    coordinator: Coordinator, first: dict[str, str], said: str
) -> None:
    path = await invited(coordinator)
    await post(coordinator, path, **first)
    assert said in (await post(coordinator, f"{path}/handover", until="")).text
    await coordinator.send_notices()
    assert len(told(coordinator)) == (2 if said == GIVEN_UP else 1)


async def test_what_has_expired_or_was_withdrawn_is_handed_over_to_nobody(coordinator: Coordinator) -> None:
    expired = await invited(coordinator)
    await coordinator.service.let_pass(8 * DAY)
    assert "Svarfristen er ute." in (await post(coordinator, f"{expired}/handover", until="")).text
    withdrawn = await invited(coordinator, UUID(int=11))
    await coordinator.service.deliver(WITHDRAWN.model_copy(update={"referral_id": UUID(int=11)}))
    assert "ikke lenger aktuelt" in (await post(coordinator, f"{withdrawn}/handover", until="")).text
    assert await coordinator.service.rows("select * from handover") == []


async def test_what_is_handed_over_at_the_last_moment_does_not_expire_at_it(coordinator: Coordinator) -> None:
    path = await invited(coordinator)
    coordinator.service.clock.now = at("2025-03-19T23:00")  # its expiry is due, and not handled yet
    await handed_over(coordinator, path)
    await coordinator.service.let_pass(timedelta())
    assert (await coordinator.state())["state"] == "notified"
    await pass_until(coordinator, "2025-03-24T23:00")
    assert (await coordinator.state())["state"] == "expired"


async def test_an_acceptance_that_waited_behind_the_handover_comes_too_late(coordinator: Coordinator) -> None:
    path = await invited(coordinator)
    engine = coordinator.service.service.engine
    waiting = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )

    async def is_waited_for(by: int) -> None:
        async def waits() -> bool:
            async with engine.connect() as connection:
                return bool(await connection.scalar(waiting) == by)

        await until(waits)

    async with engine.begin() as connection:
        await connection.execute(text("select * from referral for update"))
        handing = asyncio.create_task(post(coordinator, f"{path}/handover", until=""))
        await is_waited_for(1)
        accepting = asyncio.create_task(post(coordinator, path, answer="accept"))
        await is_waited_for(2)
    assert [GIVEN_UP in (await each).text for each in (handing, accepting)] == [True, True]
    assert await coordinator.service.announced(InvitationAccepted) == []
    assert (await coordinator.state())["state"] == "notified"


# Until when the deputy may answer


@pytest.mark.parametrize(
    ("on", "answer_by"),
    [
        ("2025-03-12T14:00", "2025-03-19T22:59:59"),
        ("2025-03-17T14:00", "2025-03-19T22:59:59"),
        ("2025-03-18T14:00", "2025-03-20T22:59:59"),
        ("2025-03-19T14:00", "2025-03-21T22:59:59"),
    ],
    ids=["at once: what is left", "on the deputy's day: the same", "a day later: one more", "on the last day: two"],
)
async def test_who_takes_over_late_may_answer_as_long_as_a_deputy_who_is_asked(
    coordinator: Coordinator, on: str, answer_by: str
) -> None:
    path = await invited(coordinator, deputies=[DEPUTY | {"absences": []}])
    coordinator.service.clock.now = at(on)
    await handed_over(coordinator, path)
    assert (await coordinator.state())["answer_by"] == at(answer_by)


async def test_a_municipality_that_gives_less_time_gives_whoever_takes_over_less(coordinator: Coordinator) -> None:
    patience = {"reminder_after": 1, "deputy_after": 2, "answer_within": 3}
    given = {"email": "koordinator@mote.example", "language": "sv", "patience": patience}
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        await client.put(CODE, json=given)
    path = await invited(coordinator)
    coordinator.service.clock.now = at("2025-03-17T14:00")  # on the last day
    await handed_over(coordinator, path)
    assert (await coordinator.state())["answer_by"] == at("2025-03-18T22:59:59")


async def test_whoever_took_over_is_reminded_and_then_the_next_is_asked(coordinator: Coordinator) -> None:
    path = await invited(coordinator, deputies=[DEPUTY, SECOND])
    await handed_over(coordinator, path)
    await pass_until(coordinator, "2025-03-14T12:00")
    await pass_until(coordinator, "2025-03-17T12:00")
    assert [to for to, _ in told(coordinator)] == [
        *("tur@mote.example", "kontoret@mote.example", "kontoret@mote.example", "styret@mote.example")
    ]


# To whom


@pytest.mark.parametrize(
    "changes",
    [
        {"deputies": []},
        {"deputies": [DEPUTY | {"absences": HOLDER_IS_AWAY["absences"]}]},
        {"holder": HOLDER_IS_AWAY},
        {"contact_id": UUID(int=99)},
    ],
    ids=["there is no deputy", "the deputy is away", "it is the last deputy's already", "we know no function"],
)
async def test_where_nobody_is_left_there_is_no_form_and_the_page_says_why(
    coordinator: Coordinator, changes: dict[str, object]
) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        await client.put(CODE, json={"email": "koordinator@mote.example", "language": "nb"})
    await coordinator.service.deliver(a_contact(**({"deputies": [DEPUTY]} | changes)))
    await coordinator.service.deliver(a_seat(contact_id=None if "contact_id" in changes else CONTACT))
    await coordinator.send_notices()
    path = link(coordinator.catcher.messages[-1])
    assert "/handover" not in actions((await get(coordinator, path)).text, path)
    page = await post(coordinator, f"{path}/handover", until="")
    assert page.status_code == 409
    assert "Ingen vara er til stede og kan nås. Ingenting ble endret" in page.text
    assert (await coordinator.state())["generation"] == 1


async def test_a_deputy_whose_address_bounces_is_passed_over(coordinator: Coordinator) -> None:
    path = await invited(coordinator, deputies=[DEPUTY, SECOND])
    async with coordinator.service.service.engine.begin() as connection:
        await connection.execute(text("update reader set bounced = '{kontoret@mote.example}'"))
    assert "vara 2" in (await get(coordinator, path)).text
    await handed_over(coordinator, path)
    assert told(coordinator)[-1][0] == "styret@mote.example"


async def test_it_goes_on_in_order_and_never_back_and_everybody_reads_the_whole_story(
    coordinator: Coordinator,
) -> None:
    first = await invited(coordinator, deputies=[DEPUTY, SECOND], language="sv")
    second = await coordinator_hands(coordinator, first)
    third = await coordinator_hands(coordinator, second)
    for path in (first, second, third):
        page = (await get(coordinator, path)).text
        assert "Innehavaren lämnade över till ersättare 1." in page
        assert "Ersättare 1 lämnade över till ersättare 2." in page
    assert "/handover" not in actions((await get(coordinator, third)).text, third)
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        (seen,) = (await client.get("/coordinator/invitations?language=en")).json()["items"]
    assert [one["said"].partition(": ")[2] for one in seen["handovers"]] == [
        "The holder handed over to deputy 1.",
        "Deputy 1 handed over to deputy 2.",
    ]


async def coordinator_hands(coordinator: Coordinator, path: str) -> str:
    await post(coordinator, f"{path}/handover", until="")
    await coordinator.send_notices()
    return link(coordinator.catcher.messages[-1])


async def test_who_knew_hears_that_it_is_over(coordinator: Coordinator) -> None:
    path = await invited(coordinator)
    await handed_over(coordinator, path)
    await coordinator.service.deliver(WITHDRAWN)
    await coordinator.send_notices()
    assert sorted(to for to, _ in told(coordinator)[2:]) == ["kontoret@mote.example", "tur@mote.example"]
    assert "Det er ikke lenger aktuelt." in (await get(coordinator, path)).text


async def test_what_a_deputy_took_over_who_leaves_is_their_successors_and_their_link_decides_nothing(
    coordinator: Coordinator,
) -> None:
    path = await invited(coordinator)
    taken = await handed_over(coordinator, path)
    await coordinator.service.deliver(a_contact(2, deputies=[SECOND]))
    await coordinator.send_notices()
    assert told(coordinator)[-1][0] == "styret@mote.example"
    assert GIVEN_UP in (await post(coordinator, taken, answer="accept")).text
    assert (await coordinator.state())["state"] == "notified"


# Until a day


async def test_who_is_away_until_a_day_says_so_once_and_the_catalogue_is_told(coordinator: Coordinator) -> None:
    path, other = await invited(coordinator), await invited(coordinator, UUID(int=11))
    await handed_over(coordinator, path, until="2025-03-31")
    assert "Innehaveren er borte til og med mandag 31. mars 2025." in (await get(coordinator, path)).text
    await coordinator.run_errands()
    away = {"place": 0, "first_on": "2025-03-12", "last_on": "2025-03-31"}
    assert coordinator.referrals.told == [(ABSENCE, away)]
    assert await scope(coordinator, "activities") == {"contact.absence"}
    await coordinator.service.deliver(a_contact(2, deputies=[DEPUTY], holder=HOLDER_IS_AWAY))
    await coordinator.send_notices()
    assert [to for to, _ in told(coordinator)[2:]] == ["kontoret@mote.example"] * 2  # one each, and none twice
    assert GIVEN_UP in (await get(coordinator, other)).text
    await coordinator.service.deliver(a_seat(referral_id=UUID(int=12)))
    await coordinator.send_notices()
    assert told(coordinator)[-1] == ("kontoret@mote.example", "Noen vil komme til Tur i Folkeparken")


@pytest.mark.parametrize("day", ["2025-03-12", "2025-03-01"])
async def test_a_day_that_is_over_is_none_and_the_page_says_so(coordinator: Coordinator, day: str) -> None:
    path = await invited(coordinator)
    page = await post(coordinator, f"{path}/handover", until=day)
    assert page.status_code == 422
    assert "Dagen må ligge fram i tid." in page.text
    assert (await coordinator.state())["generation"] == 1


async def test_the_day_page_says_what_was_handed_over(coordinator: Coordinator) -> None:
    path = await invited(coordinator)
    await handed_over(coordinator, path)
    coordinator.service.clock.now += DAY
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        page = (await client.get("/coordinator/")).text
    assert "Innehaveren overlot det til vara 1." in page
