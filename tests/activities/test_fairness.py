"""The figures of `bench.fairness`, on one seed: the whole town where it matters, a smaller one where it does not."""

import pytest

from bench.fairness import Outcome, a_world, all_ways, best_score, gap_closed, gini, optimum, outcome_of, spread


@pytest.fixture(scope="module")
def in_the_town() -> dict[str, Outcome]:
    town = a_world(seed=6, seats=1.2)
    return {"best_score": outcome_of(best_score, town), "spread": outcome_of(spread, town), "optimum": optimum(town)}


def test_spreading_closes_a_third_of_what_the_best_score_leaves_unserved(in_the_town: dict[str, Outcome]) -> None:
    assert gap_closed(in_the_town) >= 1 / 3


def test_nobody_gets_a_proposal_more_than_a_twentieth_worse(in_the_town: dict[str, Outcome]) -> None:
    assert 0 < in_the_town["spread"].loss <= 0.05
    assert in_the_town["best_score"].loss == 0


def test_spreading_fills_activities_more_evenly_than_simpler_ways() -> None:
    outcomes = all_ways(a_world(seed=6, seats=1.2, referrals=400, activities=100))
    assert all(outcomes["spread"].gini < outcomes[way].gini for way in ("nearest", "most_filters", "best_score"))


def test_gini_is_0_when_all_are_equal_and_towards_1_when_one_has_all() -> None:
    assert gini([0.5, 0.5, 0.5]) == 0
    assert gini([0.0, 0.0, 0.0, 1.0]) == pytest.approx(0.75)
