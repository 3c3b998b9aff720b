"""Which epoch a restored service may begin, and on which topics it looks for those that it has used."""

import pytest

from schemas.activities import ActivityWithdrawn
from services.cli.options import Name
from services.cli.restored import own_topics
from services.runtime.remembering import epoch_of
from tests.activities.hearing import WALK
from tests.support.event_map import event_map
from tests.support.service_testing import a_record

EVENT = ActivityWithdrawn(activity_id=WALK)
NUMBER = f"{3:06d}{7:014d}"


@pytest.mark.parametrize(
    ("number", "source", "epoch"),
    [(NUMBER, "/activities", 3), (NUMBER, "/referral", 0), (None, "/activities", 0), ("3", "/activities", 0)],
    ids=["its own", "of another", "not numbered", "not a number"],
)
def test_an_epoch_was_used_if_an_event_of_the_service_says_so(number: str | None, source: str, epoch: int) -> None:
    assert epoch_of(a_record(EVENT, source=source, headers={"ce_sequence": number}), "/activities") == epoch


@pytest.mark.parametrize("service", Name)
def test_it_is_looked_for_on_all_topics_on_which_the_service_announces(service: Name) -> None:
    assert own_topics(service) == {way.event.topic for way in event_map() if way.announced_by == service}
