import pytest

from tests.activities.hearing import know
from tests.support.builders import Json, a_referral, an_activity, number
from tests.support.service_testing import UnderTest

COACH = {"role": "coach", "centre": "hsa:SE2321000016-1"}


def a_preview(**changes: object) -> Json:
    """Return a request without ids."""
    request = a_referral(**changes)
    participant = {key: value for key, value in request["participant"].items() if key != "pseudonym"}
    ids = ("referral_id", "health_centre")
    return {key: value for key, value in request.items() if key not in ids} | {"participant": participant}


async def test_a_coach_sees_proposals_before_anything_is_stored(activities: UnderTest) -> None:
    full = {"maximum": 1, "taken": 1}
    await know(activities, an_activity(1), an_activity(2, seats=full), an_activity(3, status="draft"))

    async with activities.client(**COACH) as coach:
        answer = await coach.post("/activities/match", json=a_preview())

    assert answer.status_code == 200
    assert answer.json() == {
        "proposals": [
            {
                "activity_id": number(1),
                "name": "Tur i Folkeparken",
                "organiser_name": "Tromsø kommune",
                "place_name": "Folkeparken",
                "score": 1.0,
                "terms": dict.fromkeys(("interest", "distance", "time", "preference", "seats", "freshness"), 1.0),
                "distance_km": 0.0,
                "reasons": [
                    "Walking, as wished for.",
                    "Next session that fits: Monday 10:00-12:00.",
                    "It is about 1 km away.",
                    "It costs nothing.",
                    "There is a free seat.",
                ],
            }
        ],
        "waitable": [number(2)],
        "waitable_activities": [
            {
                "activity_id": number(2),
                "name": "Tur i Folkeparken",
                "organiser_name": "Tromsø kommune",
                "place_name": "Folkeparken",
            }
        ],
        "excluded": {"unpublished": 1, "full": 1},
        "no_match": None,
        "why_none": [],
        "would_help": [],
    }
    assert await activities.rows("select 1 from referral union all select 1 from unmatched") == []
    assert await activities.names() == []


@pytest.mark.parametrize(
    ("accepts", "sentence"),
    [
        ("sv-SE,sv;q=0.9,en;q=0.5", "Promenader, som önskat."),
        ("en;q=0.1, nn-NO", "Gåturer, som ønsket."),
        ("fi, *;q=0.1", "Walking, as wished for."),
    ],
)
async def test_reasons_are_in_the_language_that_is_accepted(activities: UnderTest, accepts: str, sentence: str) -> None:
    await know(activities, an_activity())

    async with activities.client(**COACH) as coach:
        answer = await coach.post("/activities/match", json=a_preview(), headers={"Accept-Language": accepts})

    assert answer.json()["proposals"][0]["reasons"][0] == sentence


async def test_no_consent_is_told_as_the_reason(activities: UnderTest) -> None:
    async with activities.client(**COACH) as coach:
        answer = await coach.post("/activities/match", json=a_preview(consent=None))

    assert answer.json() == {
        "proposals": [],
        "waitable": [],
        "waitable_activities": [],
        "excluded": {},
        "no_match": "consent",
        "why_none": [],
        "would_help": [],
    }


async def test_where_nothing_fits_a_coach_reads_why_and_what_would_help(activities: UnderTest) -> None:
    await know(activities, an_activity(1, languages=["nb"]), an_activity(2, seats={"maximum": 1, "taken": 1}))

    async with activities.client(**COACH) as coach:
        answer = await coach.post("/activities/match", json=a_preview(languages=["sv"]))

    assert answer.json()["why_none"] == ["Not held in any of the languages: 1.", "Full: 1."]
    assert answer.json()["would_help"] == ["1 if Norwegian is also fine."]


async def test_a_service_asks_with_a_token_for_this_very_call(activities: UnderTest) -> None:
    async with activities.client("service", audience="activities", scope="match.preview") as service:
        assert (await service.post("/activities/match", json=a_preview())).status_code == 200
    async with activities.client("service", audience="activities", scope="consent.read") as service:
        assert (await service.post("/activities/match", json=a_preview())).status_code == 403
    async with activities.client("service", audience="referral", scope="match.preview") as service:
        assert (await service.post("/activities/match", json=a_preview())).status_code == 401


async def test_a_preview_names_nobody(activities: UnderTest) -> None:
    async with activities.client(**COACH) as coach:
        answer = await coach.post("/activities/match", json=a_referral())

    paths = {error["path"] for error in answer.json()["errors"]}
    assert paths == {"referral_id", "health_centre", "participant.pseudonym"}
