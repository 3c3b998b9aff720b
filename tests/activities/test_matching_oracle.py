"""The matcher against a second opinion that was written from the contract alone."""

from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.activities.domain.matching import Catalogue, Match
from tests.support import random_matching
from tests.support.builders import Json, a_referral, an_activity
from tests.support.matching import a_catalogue, read_activity, read_need
from tests.support.oracle import answer

DAY = date.fromisoformat(random_matching.ON)


def assert_same(match: Match, expected: Json) -> None:
    assert match.no_match == expected["no_match"]
    assert match.excluded == expected["excluded"]
    assert list(match.waitable) == expected["waitable"]
    assert [proposal.activity_id for proposal in match.proposals] == [
        proposal["activity_id"] for proposal in expected["proposals"]
    ]
    for proposal, other in zip(match.proposals, expected["proposals"], strict=True):
        assert proposal.score == pytest.approx(other["score"], abs=1e-9)
        assert proposal.terms._asdict() == pytest.approx(other["terms"], abs=1e-9)
        assert proposal.distance_km == pytest.approx(other["distance_km"], abs=1e-6)


@pytest.mark.parametrize("seed", range(50))
def test_matcher_agrees_with_the_oracle_on_twenty_thousand_cases(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - cases, not secrets
    activities = random_matching.activities(random, most=random.choice([1, 5, 25]))
    referrals, limit = [random_matching.referral(random) for _ in range(400)], random.choice([1, 3, 5, 50])
    matches = dict(a_catalogue(*activities).matches([read_need(each) for each in referrals], DAY, limit))
    for number, referral in enumerate(referrals):
        assert_same(matches[number], answer(activities, referral, random_matching.ON, limit))


@pytest.mark.parametrize("place", range(len(random_matching.LATITUDES)))
def test_matcher_agrees_with_the_oracle_from_pole_to_pole_and_across_the_antimeridian(place: int) -> None:
    latitude = random_matching.LATITUDES[place]
    activities = [
        an_activity(n, place=an_activity()["place"] | {"latitude": latitude, "longitude": longitude})
        for n, longitude in enumerate(random_matching.LONGITUDES, start=1)
    ]
    catalogue = a_catalogue(*activities)
    for area in random_matching.LATITUDES:
        for longitude in random_matching.LONGITUDES[::2]:
            for farthest in (0.001, 20000):
                referral = a_referral(area={"latitude": area, "longitude": longitude}, max_distance_km=farthest)
                match = catalogue.match(read_need(referral), DAY)
                assert_same(match, answer(activities, referral, random_matching.ON, 5))


@given(random=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_matcher_agrees_with_the_oracle_while_the_catalogue_and_the_day_change(random: Random) -> None:
    catalogue, known = Catalogue(), {}
    for _ in range(6):
        for activity in random_matching.activities(random, most=6):
            activity_id = activity["activity_id"]
            if random.random() < 0.3:
                known.pop(activity_id, None)
                catalogue.remove(activity_id)
            elif activity_id in known and random.random() < 0.5:
                known[activity_id] = known[activity_id] | {"seats": activity["seats"]}
                catalogue.seat(activity_id, **activity["seats"])
            else:
                known[activity_id] = activity
                catalogue.put(read_activity(activity))
        referral, on = random_matching.referral(random), random.choice(random_matching.DAYS)
        match = catalogue.match(read_need(referral), date.fromisoformat(on))
        assert_same(match, answer(list(known.values()), referral, on, 5))
