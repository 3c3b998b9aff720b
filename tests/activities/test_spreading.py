from collections.abc import Sequence
from datetime import date
from itertools import permutations
from random import Random

import pytest

from services.activities.domain.matching import Catalogue
from services.activities.domain.matching.spreading import MOST_OF_ONE, NEARLY_EQUAL, Fit, spread
from tests.support.builders import ON, Json, a_referral, an_activity, number
from tests.support.matching import a_catalogue, read_activity, read_need

DAY = date.fromisoformat(ON)
PHYSICAL, SOCIAL = 1, 2


def a_fit(score: float, pressure: float = 0.0, organiser: int = 0, kinds: int = PHYSICAL) -> Fit:
    return Fit(score, pressure, organiser, kinds)


def random_fits(random: Random, most: int) -> list[Fit]:
    """Return fits, best first, of few organisers and kinds, most of them nearly equal."""
    count = random.randint(0, most)
    scores = sorted((round(random.uniform(0.7, 0.85), 3) for _ in range(count)), reverse=True)
    return [
        a_fit(
            score, random.choice([0.0, 0.5, random.random()]), random.choice([1, 1, 1, 2, 3]), random.choice([1, 1, 2])
        )
        for score in scores
    ]


def spread_ids(catalogue: Catalogue, referral: Json, limit: int = 5) -> list[str]:
    found = catalogue.match(read_need(referral), DAY, limit, NEARLY_EQUAL)
    return [proposal.activity_id for proposal in found.proposals]


def is_allowed(scores: Sequence[float], chosen: Sequence[int]) -> bool:
    """Whether nothing comes before, or instead of, what is better by more than 0.05."""
    after = [[*chosen[place + 1 :], *(set(range(len(scores))) - set(chosen))] for place in range(len(chosen))]
    return all(
        scores[other] - scores[one] <= NEARLY_EQUAL
        for one, others in zip(chosen, after, strict=True)
        for other in others
    )


def is_various(fits: Sequence[Fit], chosen: Sequence[int]) -> bool:
    organisers = [fits[one].organiser for one in chosen]
    return (
        max(map(organisers.count, organisers), default=0) <= MOST_OF_ONE
        and len({fits[one].kinds for one in chosen}) > 1
    )


def test_of_nearly_equal_fits_the_one_with_less_pressure_comes_first() -> None:
    assert spread([a_fit(0.84, 0.9), a_fit(0.82, 0.5), a_fit(0.80, 0.1)], 3, NEARLY_EQUAL) == [2, 1, 0]


def test_what_is_better_by_more_stays_first() -> None:
    assert spread([a_fit(0.86, 0.9), a_fit(0.80, 0.1)], 2, NEARLY_EQUAL) == [0, 1]


def test_equal_fits_stay_in_the_contracts_order() -> None:
    assert spread([a_fit(0.8, 0.3), a_fit(0.8, 0.3), a_fit(0.8, 0.3)], 2, NEARLY_EQUAL) == [0, 1]


def test_at_most_three_are_of_one_organiser_though_they_need_people_most() -> None:
    fits = [a_fit(0.8, 0.1, organiser=1)] * 6 + [a_fit(0.79, 0.9, organiser=2), a_fit(0.78, 0.9, organiser=3)]
    assert sorted(spread(fits, 5, NEARLY_EQUAL)) == [0, 1, 2, 6, 7]


def test_there_are_two_kinds_though_one_needs_people_more() -> None:
    fits = [a_fit(0.8, 0.1)] * 6 + [a_fit(0.78, 0.9, kinds=SOCIAL)]
    assert 6 in spread(fits, 5, NEARLY_EQUAL)


def test_another_kind_is_found_behind_what_has_to_come_first() -> None:
    fits = [a_fit(0.84, 0.9), a_fit(0.80, 0.2), a_fit(0.80, 0.1), a_fit(0.79, 0.1), a_fit(0.79, 0.1), a_fit(0.78, 0.1)]
    assert 6 in spread([*fits, a_fit(0.77, 0.9, kinds=SOCIAL)], 5, NEARLY_EQUAL)


def test_nothing_comes_before_what_is_better_by_more_than_it_may() -> None:
    random = Random(1)  # noqa: S311 - a seed
    for _ in range(3_000):
        fits, limit = random_fits(random, 12), random.randint(1, 5)
        chosen = spread(fits, limit, NEARLY_EQUAL)
        assert len(chosen) == len(set(chosen)) == min(limit, len(fits))
        assert is_allowed([fit.score for fit in fits], chosen)


def test_several_organisers_and_kinds_are_among_them_wherever_that_is_allowed() -> None:
    random, checked = Random(2), 0  # noqa: S311 - a seed
    for _ in range(300):
        fits = random_fits(random, 7)
        scores = [fit.score + 0.0002 for fit in fits]
        if any(is_allowed(scores, order) and is_various(fits, order) for order in permutations(range(len(fits)), 5)):
            checked += 1
            assert is_various(fits, spread(fits, 5, NEARLY_EQUAL))
    assert checked > 50


def test_a_popular_activity_leaves_the_next_person_to_a_small_one_as_good() -> None:
    popular = an_activity(1, seats={"maximum": 10, "taken": 9})
    small = an_activity(2, seats={"maximum": 3, "taken": 2}, verified_on="2025-02-10")
    new = an_activity(3, seats={"maximum": 10, "taken": 8}, verified_on="2025-01-01")
    assert spread_ids(a_catalogue(popular, small, new), a_referral()) == [number(2), number(3), number(1)]


def test_what_few_offer_is_left_to_who_needs_it() -> None:
    for_many = an_activity(2, verified_on="2025-02-10")
    catalogue = a_catalogue(an_activity(1, access=["lift"]), for_many, an_activity(3, verified_on="2025-01-20"))
    assert spread_ids(catalogue, a_referral())[0] == number(2)
    assert spread_ids(catalogue, a_referral(access_needs=["lift"])) == [number(1)]


def test_without_a_width_the_order_is_the_contracts() -> None:
    catalogue = a_catalogue(
        an_activity(1, seats={"maximum": 10, "taken": 2}), an_activity(2, seats={"maximum": 10, "taken": 3})
    )
    plain = catalogue.match(read_need(a_referral()), DAY)
    assert [each.activity_id for each in plain.proposals] == [number(1), number(2)]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_catalogue_gives_the_same_order_however_it_came_about(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed
    offered = [
        an_activity(
            n,
            seats={"maximum": 10, "taken": random.randint(0, 9)},
            access=random.sample(["lift", "quiet", "seated"], random.randint(0, 3)),
            languages=random.sample(["nb", "se"], random.randint(0, 2)),
        )
        for n in range(1, 30)
    ]
    one, other = a_catalogue(*offered), Catalogue()
    for activity in random.sample(offered, len(offered)):
        other.put(read_activity(activity | {"access": [], "seats": {"maximum": 10, "taken": 0}}))
        spread_ids(other, a_referral())
        other.put(read_activity(activity | {"seats": {"maximum": 10, "taken": 0}}))
        other.seat(activity["activity_id"], 10, activity["seats"]["taken"])
    for referral in (a_referral(), a_referral(access_needs=["lift"]), a_referral(languages=["se"])):
        assert spread_ids(one, referral) == spread_ids(other, referral)
