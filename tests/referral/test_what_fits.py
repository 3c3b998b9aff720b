from tests.referral.test_pages import a_coach
from tests.support.service_testing import UnderTest

FILLED = {
    "municipality": "NO-5501",
    "latitude": "69,65",
    "longitude": "18.96",
    "age": "67",
    "wishes": "Vil gjerne synge i kor, ikke danse",
    "interests": ["walking"],
    "day": ["mon", "", ""],
    "start": ["09:00", "", ""],
    "end": ["13:00", "", ""],
    "max_distance_km": "10",
    "max_cost": "50",
    "currency": "NOK",
}


async def test_a_coach_is_asked_what_is_wanted_and_nobodys_name(referral: UnderTest) -> None:
    async with a_coach(referral) as coach:
        listed = (await coach.get("/referral/")).text
        shown = (await coach.get("/referral/what-fits")).text
    assert 'href="/referral/what-fits"' in listed
    assert 'name="municipality"' in shown
    assert "pseudonym" not in shown
    assert "<script" not in shown


async def test_nothing_that_is_filled_in_is_lost_or_kept(referral: UnderTest) -> None:
    async with a_coach(referral) as coach:
        answer = await coach.post("/referral/what-fits", data=FILLED)

    assert answer.status_code == 200
    assert "cannot be fetched just now" in answer.text, "nobody answers at the activities service's address"
    for kept in ('value="69,65"', "Vil gjerne synge i kor", 'value="mon" selected', 'value="walking" checked'):
        assert kept in answer.text
    assert (
        await referral.rows("select 1 from request union all select 1 from reading union all select 1 from inbox") == []
    )


async def test_what_the_wishes_seem_to_name_is_for_the_coach_to_tick(referral: UnderTest) -> None:
    async with a_coach(referral) as coach:
        before = (await coach.post("/referral/what-fits", data=FILLED)).text
        after = (await coach.post("/referral/what-fits", data=FILLED | {"interests": ["walking", "choir"]})).text

    assert "tick what is meant" in before
    assert 'value="choir">' in before
    assert 'value="dance" checked' not in before
    assert "tick what is meant" not in after
    assert 'value="choir" checked' in after


WRONG: list[tuple[dict[str, object], str]] = [
    ({"municipality": "Tromsø"}, "municipality"),
    ({"latitude": "north"}, "latitude"),
    ({"age": ""}, "age"),
    ({"age": "nan"}, "age"),
    ({"max_cost": "cheap"}, "max_cost"),
    ({"end": ["08:00", "", ""]}, "free_times"),
    ({"interests": ["sleeping"]}, "interests"),
    ({"wishes": "Ring 19900101-0017"}, "wishes"),
]


async def test_what_is_wrong_is_told_where_it_is_mended(referral: UnderTest) -> None:
    async with a_coach(referral) as coach:
        for wrong, field in WRONG:
            answer = await coach.post("/referral/what-fits", data=FILLED | wrong)

            assert answer.status_code == 422
            assert f'<a href="#{field}">' in answer.text
            assert f'id="{field}"' in answer.text


async def test_only_a_coach_may_ask(referral: UnderTest) -> None:
    async with referral.client("centre", centre="hsa:SE2321000016-1") as centre:
        assert (await centre.post("/referral/what-fits", data=FILLED)).status_code == 403
    async with referral.client() as nobody:
        assert (await nobody.post("/referral/what-fits", data=FILLED)).status_code == 401
