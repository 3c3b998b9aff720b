from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from pydantic import SecretStr

from schemas.activities import Change
from schemas.referral import ActivityChosen
from services.runtime.code_flow import let_people_in
from services.runtime.guards import SESSION_COOKIE
from services.runtime.identity import Verifier
from services.runtime.keys import DiscoveredKeys
from tests.referral.stories import CENTRE, ask, nothing_found, proposed, state_of
from tests.support.builders import number
from tests.support.service_testing import KEY, UnderTest
from tests.support.sign_in_issuer import CLIENT_ID, CLIENT_SECRET, sign_in_issuer

ONE = number(1)


@asynccontextmanager
async def a_coach(referral: UnderTest, centre: str = CENTRE) -> AsyncIterator[httpx.AsyncClient]:
    async with referral.client() as client:
        client.cookies.set(SESSION_COOKIE, referral.issuer.token("coach", centre=centre))
        yield client


async def test_who_is_not_signed_in_is_sent_to_sign_in(referral: UnderTest) -> None:
    async with referral.client() as client:
        answer = await client.get("/referral/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/referral/")


async def test_a_coach_signs_in_at_the_issuer_and_sees_the_centres_referrals(referral: UnderTest) -> None:
    here = "https://motesplats.example.org"
    await ask(referral)
    async with sign_in_issuer(f"{here}/referral/sign-in/back") as issuer, httpx.AsyncClient(timeout=60) as asking:
        issuer.person = {"sub": "Anna", "role": "coach", "centre": CENTRE}
        told = {
            "public_url": here,
            "oidc_issuer": issuer.url,
            "sign_in_client_id": CLIENT_ID,
            "session_key": SecretStr(KEY),
        }
        settings = referral.service.settings.model_copy(
            update=told | {"sign_in_client_secret": SecretStr(CLIENT_SECRET)}
        )
        verifier = Verifier(issuer=issuer.url, keys=DiscoveredKeys(issuer.url, asking))
        let_people_in(referral.web, settings, verifier=verifier, client=asking, clock=referral.clock)
        mounts = {here: httpx.ASGITransport(referral.web)}
        async with httpx.AsyncClient(mounts=mounts, base_url=here, follow_redirects=True, timeout=60) as browser:
            listed = await browser.get("/referral/")
            over_api = await browser.get("/referral/referrals")
            withdrawn = await browser.post(f"/referral/{ONE}/withdrawal", data={"reason": "coach"})
            left = await browser.post("/referral/sign-in/out")
    assert "p-1" in listed.text
    assert over_api.status_code == 401
    assert (withdrawn.status_code, await state_of(referral)) == (200, ("withdrawn", "nobody", "coach"))
    assert "You have signed out" in left.text


async def test_a_coach_sees_the_centres_referrals_and_nobody_elses(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    async with a_coach(referral) as client:
        listed = (await client.get("/referral/")).text
        narrowed = (await client.get("/referral/?state=closed")).text
    async with a_coach(referral, "her:1001") as client:
        elsewhere = (await client.get("/referral/")).text
        theirs = await client.get(f"/referral/{ONE}")
    assert all(shown in listed for shown in ("p-1", "proposed", "participant", "Wednesday 12 March 2025, 13:00"))
    assert "p-1" not in narrowed + elsewhere
    assert theirs.status_code == 404


async def test_a_coach_lists_what_waits_on_a_coach(referral: UnderTest) -> None:
    await ask(referral, 1)
    await ask(referral, 2, participant={"pseudonym": "p-2", "age": 67, "protected_identity": True})
    async with a_coach(referral) as client:
        mine = (await client.get("/referral/?waiting_on=coach")).text
    assert "p-2" in mine
    assert "p-1" not in mine


async def test_a_coach_reads_why_an_activity_is_proposed_and_records_the_choice(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12, 13))
    async with a_coach(referral) as client:
        shown = (await client.get(f"/referral/{ONE}")).text
        filled = {"activity_id": number(12), "then": ["", number(11)]}
        answer = await client.post(f"/referral/{ONE}/choice", data=filled)
    assert "Tur 12" in shown
    assert "It is about 4 km away." in shown
    assert (answer.status_code, answer.headers["location"]) == (303, f"/referral/{ONE}")
    (row,) = await referral.rows("select choice, activity_id, wanted from referral")
    assert (row["choice"], str(row["activity_id"]), row["wanted"].split()) == (1, number(12), [number(12), number(11)])


async def test_a_coach_sees_what_is_full_and_would_fit_but_for_that(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(nothing_found(11))
    async with a_coach(referral) as client:
        shown = (await client.get(f"/referral/{ONE}")).text
    assert "Tur 11, Turlaget, Folkeparken" in shown


async def test_where_nothing_fits_a_coach_reads_why_and_what_would_help(referral: UnderTest) -> None:
    await ask(referral)
    why = {"excluded": {"distance": 14}, "changes": (Change(count=12, km=18),)}
    await referral.deliver(nothing_found().model_copy(update=why))
    async with a_coach(referral) as client:
        shown = (await client.get(f"/referral/{ONE}")).text
    assert "Too far away: 14." in shown
    assert "12 within 18 km instead of 10." in shown


async def test_a_coach_puts_somebody_in_line_for_what_is_full(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(nothing_found(11))
    async with a_coach(referral) as client:
        shown = (await client.get(f"/referral/{ONE}")).text
        assert "Tur 11 (waits for a seat)" in shown
        await client.post(f"/referral/{ONE}/choice", data={"activity_id": number(11)})
    (told,) = await referral.announced(ActivityChosen)
    assert (str(told.event.activity_id), told.event.wait) == (number(11), True)


async def test_a_coach_withdraws_and_closes(referral: UnderTest) -> None:
    await ask(referral, 1)
    await ask(referral, 2)
    async with a_coach(referral) as client:
        await client.post(f"/referral/{ONE}/withdrawal", data={"reason": "participant"})
        await client.post(f"/referral/{number(2)}/outcome", data={"outcome": "could_not"})
        ended = (await client.get(f"/referral/{ONE}")).text
    assert (await state_of(referral, 1), await state_of(referral, 2)) == (
        ("withdrawn", "nobody", "participant"),
        ("closed", "nobody", None),
    )
    assert 'action="/referral/' in ended
    assert 'name="reason"' not in ended
    assert ended.count('name="outcome"') == 1


async def test_what_has_ended_can_still_be_said_to_have_been_a_mistake(referral: UnderTest) -> None:
    await ask(referral)
    async with a_coach(referral) as client:
        await client.post(f"/referral/{ONE}/withdrawal", data={"reason": "participant"})
        before = (await client.get(f"/referral/{ONE}")).text
        answer = await client.post(f"/referral/{ONE}/outcome", data={"outcome": "entered_in_error"})
        after = (await client.get(f"/referral/{ONE}")).text
    assert "It was entered by mistake</button>" in before
    assert (answer.status_code, (await state_of(referral))[0]) == (303, "entered_in_error")
    assert "<form" not in after.partition("<main")[2]


async def test_a_form_from_another_site_changes_nothing(referral: UnderTest) -> None:
    await ask(referral)
    async with a_coach(referral) as client:
        answer = await client.post(
            f"/referral/{ONE}/withdrawal", data={"reason": "coach"}, headers={"sec-fetch-site": "cross-site"}
        )
    assert answer.status_code == 403
    assert (await state_of(referral))[0] == "received"


async def test_a_protected_identity_is_arranged_in_person(referral: UnderTest) -> None:
    await ask(referral, participant={"pseudonym": "p-1", "age": 67, "protected_identity": True})
    async with a_coach(referral) as client:
        shown = (await client.get(f"/referral/{ONE}")).text
    assert "Arrange it in person" in shown
    assert "cannot be fetched just now" in shown
