import json
from datetime import date

import pytest

from schemas.activities import ActivityPublished
from services.activities.domain.listing import Listing
from tests.support.builders import Json, a_session, an_activity

WEDNESDAY = date(2025, 3, 12)


def next_of(*sessions: Json) -> str | None:
    published = ActivityPublished.model_validate_json(json.dumps(an_activity(sessions=list(sessions))))
    coming = Listing.of(published).next_session(WEDNESDAY)
    return coming and f"{coming.day} {coming.from_}"


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ([], None),
        ([a_session("mon"), a_session("fri")], "fri 10:00"),
        ([a_session("wed", "18:00", "19:00"), a_session("wed", "09:00", "10:00")], "wed 09:00"),
        ([a_session("thu", last_on="2025-03-12")], None),
        ([a_session("thu", first_on="2025-04-01"), a_session("mon")], "mon 10:00"),
        ([a_session("thu", first_on="2025-03-06", every_weeks=2), a_session("mon")], "mon 10:00"),
        ([a_session("thu", first_on="2025-02-27", every_weeks=2), a_session("mon")], "thu 10:00"),
        ([a_session("thu", first_on="9999-12-31")], None),
        ([a_session("thu", first_on="2025-03-06", every_weeks=2_000_000_000)], None),
    ],
)
def test_the_next_session_is_the_first_one_that_is_held(sessions: list[Json], expected: str | None) -> None:
    assert next_of(*sessions) == expected
