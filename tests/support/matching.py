"""Matching as the tests ask for it: the contracts' JSON in, an answer out, over the real way in."""

from datetime import date

from schemas.activities import ActivityPublished
from schemas.referral import ReferralRequested
from schemas.strict import parse_object
from services.activities.domain.matching import Activity, Catalogue, Match, Need
from services.activities.wire import activity_of, need_of_request
from tests.support.builders import ON, Json


def read_activity(activity: Json) -> Activity:
    """Return what matching reads of the activity."""
    return activity_of(parse_object(ActivityPublished, activity))


def read_need(referral: Json) -> Need:
    """Return what matching reads of the referral."""
    return need_of_request(parse_object(ReferralRequested, referral))


def a_catalogue(*activities: Json) -> Catalogue:
    """Return a catalogue of the activities."""
    catalogue = Catalogue()
    for activity in activities:
        catalogue.put(read_activity(activity))
    return catalogue


def matched(referral: Json, *activities: Json, on: str = ON, limit: int = 5) -> Match:
    """Return the answer for the referral over the activities."""
    return a_catalogue(*activities).match(read_need(referral), date.fromisoformat(on), limit)
