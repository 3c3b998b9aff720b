import json

import jsonschema
import pytest

from tests.activities.hearing import know
from tests.support.builders import Json, a_session, an_activity, number
from tests.support.needed import SHARED
from tests.support.service_testing import UnderTest

SCHEMA = SHARED / "hsds-3.0-schema" / "compiled" / "service.json"


async def test_everybody_reads_what_is_published_a_page_at_a_time(activities: UnderTest) -> None:
    await know(activities, *(an_activity(n, name=f"Tur {n}") for n in (1, 2, 3)), an_activity(4, status="draft"))

    async with activities.client() as anybody:
        first = (await anybody.get("/activities/services", params={"per_page": 2})).json()
        second = (await anybody.get("/activities/services", params={"per_page": 2, "page": 2})).json()
        elsewhere = (await anybody.get("/activities/services", params={"municipality": "NO-5503"})).json()

    assert [service["name"] for service in first["contents"] + second["contents"]] == ["Tur 1", "Tur 2", "Tur 3"]
    counts = {"total_items": 3, "total_pages": 2, "page_number": 2, "size": 1, "first_page": False, "last_page": True}
    assert counts.items() <= second.items()
    assert elsewhere["empty"]


async def test_what_is_not_published_is_not_shown(activities: UnderTest) -> None:
    await know(activities, an_activity(1, status="paused"))

    async with activities.client() as anybody:
        assert (await anybody.get(f"/activities/services/{number(1)}")).status_code == 404
        assert (await anybody.get(f"/activities/services/{number(2)}")).status_code == 404


async def test_nothing_of_seats_and_contact_functions_is_public(activities: UnderTest) -> None:
    await know(activities, an_activity(1, contact_id=number(70), seats={"maximum": 31, "taken": 17}))

    async with activities.client() as anybody:
        shown = (await anybody.get(f"/activities/services/{number(1)}")).text

    assert number(70) not in shown
    assert "taken" not in shown


@pytest.fixture
def schema() -> Json:
    return dict(json.loads(SCHEMA.read_text()))


@pytest.mark.shared
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mode": "online", "place": None, "languages": ["nb", "se"], "access": ["quiet"]},
        {"mode": "home", "place": None, "ages": {"min": 60, "max": None}, "verified_on": None},
        {"cost": {"amount": "50", "currency": "NOK"}, "sessions": [a_session(first_on="2025-01-06", every_weeks=2)]},
    ],
)
async def test_a_service_is_one_by_the_schema_of_hsds(
    activities: UnderTest, schema: Json, changes: dict[str, object]
) -> None:
    await know(activities, an_activity(**changes))

    async with activities.client() as anybody:
        shown = (await anybody.get(f"/activities/services/{number(1)}")).json()

    jsonschema.validate(shown, schema, format_checker=jsonschema.FormatChecker())


async def test_the_page_shows_what_is_published_where_one_lives(activities: UnderTest) -> None:
    await know(activities, an_activity(1, name="Tur <b>"), an_activity(2, name="Kor", municipality="NO-5503"))

    async with activities.client() as anybody:
        everywhere = await anybody.get("/activities/", headers={"Accept-Language": "nb"})
        here = await anybody.get("/activities/", params={"municipality": "NO-5501"})

    assert everywhere.status_code == 200
    assert 'lang="nb"' in everywhere.text
    assert "Tur &lt;b&gt;" in everywhere.text
    assert "mandag 10:00" in everywhere.text
    assert "Kor" in everywhere.text
    assert "<h2>Kor" not in here.text
