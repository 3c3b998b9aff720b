from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from schemas.activities import ActivityPublished
from schemas.strict import parse_object
from services.activities.domain.explaining import Change, changes_that_help, explain
from services.activities.domain.listing import Listing
from services.activities.domain.matching import Cost, Need, Proposal
from tests.support.builders import ON, Json, a_referral, a_session, an_activity
from tests.support.matching import a_catalogue, read_need

WEDNESDAY = date.fromisoformat(ON)
MORNINGS = [{"day": "mon", "from": "08:00", "to": "12:00"}, {"day": "fri", "from": "08:00", "to": "12:00"}]


def listings_of(activities: Iterable[Json]) -> dict[str, Listing]:
    return {each["activity_id"]: Listing.of(parse_object(ActivityPublished, each)) for each in activities}


def explained(activity: Json, **referral: object) -> dict[str, object]:
    """Return what is told of the only proposal."""
    need = read_need(a_referral(**referral))
    [proposal] = a_catalogue(activity).match(need, WEDNESDAY).proposals
    return explain(proposal, listings_of([activity])[proposal.activity_id], need, WEDNESDAY)._asdict()


def helping(*activities: Json, **referral: object) -> list[Change]:
    """Return what would help somebody for whom nothing fits."""
    need, catalogue, listings = read_need(a_referral(**referral)), a_catalogue(*activities), listings_of(activities)
    found = catalogue.match(need, WEDNESDAY)
    assert found.no_match == "no_activity"

    def propose(changed: Need, limit: int) -> Iterable[Proposal]:
        return catalogue.match(changed, WEDNESDAY, limit).proposals

    return list(changes_that_help(need, found.excluded, propose, listings.__getitem__, WEDNESDAY))


def place_at(latitude: float) -> Json:
    return {"place": an_activity()["place"] | {"latitude": latitude}}


def test_the_nearest_session_that_fits_is_named_and_not_a_nearer_one_that_does_not() -> None:
    sessions = [a_session("thu"), a_session("mon", "13:00", "14:00"), a_session("mon", "09:00", "10:00")]
    told = explained(an_activity(sessions=sessions), free_times=MORNINGS)
    assert told["next_session"] is not None
    assert (told["next_session"].day, told["next_session"].from_) == ("mon", "09:00")
    assert "session" in told["reasons"]


def test_what_is_by_appointment_names_no_session() -> None:
    told = explained(an_activity(sessions=[]))
    assert told["next_session"] is None
    assert "session" not in told["reasons"]


def test_what_was_asked_for_and_is_there_is_named() -> None:
    activity = an_activity(categories=["choir", "walking", "cafe"], languages=["nb", "se"])
    told = explained(activity, interests=["walking", "cafe", "yoga"], languages=["se", "sv"])
    assert (told["interests"], told["languages"]) == (("walking", "cafe"), ("se",))


@pytest.mark.parametrize(("maximum", "taken", "free"), [(None, 5, None), (7, 2, 5), (3, 2, 1), (30, 0, 30)])
def test_free_seats_are_counted(maximum: int | None, taken: int, free: int | None) -> None:
    assert explained(an_activity(seats={"maximum": maximum, "taken": taken}))["free_seats"] == free


def test_the_nearest_beyond_the_limit_tells_how_far_would_help() -> None:
    far = [an_activity(1, **place_at(69.78)), an_activity(2, **place_at(69.779)), an_activity(3, **place_at(69.83))]
    assert helping(*far) == [Change(2, km=15, instead_of_km=10)]


def test_nobody_is_asked_to_go_more_than_eight_times_as_far() -> None:
    assert helping(an_activity(1, **place_at(70.5))) == []


def test_the_day_on_which_most_is_held_would_help() -> None:
    held = [an_activity(n, sessions=[a_session(day)]) for n, day in enumerate(["tue", "thu", "thu"], start=1)]
    assert helping(*held, free_times=MORNINGS) == [Change(2, day="thu")]


def test_a_language_that_is_also_fine_would_help() -> None:
    held = [an_activity(1, languages=["nb"]), an_activity(2, languages=["nb", "se"])]
    assert helping(*held, languages=["sv"]) == [Change(2, language="nb")]


def test_another_mode_would_help() -> None:
    assert helping(an_activity(1), modes=["online", "home"]) == [Change(1, mode="place")]


def test_the_lowest_cost_in_the_same_currency_would_help() -> None:
    dear = [
        an_activity(n, cost={"amount": amount, "currency": currency})
        for n, (amount, currency) in enumerate([("90", "SEK"), ("80", "SEK"), ("80.00", "SEK"), ("60", "NOK")], start=1)
    ]
    assert helping(*dear, max_cost={"amount": "50", "currency": "SEK"}) == [
        Change(2, cost=Cost(Decimal("80.00"), "SEK"))
    ]


def test_nobody_is_asked_to_do_with_less_access_or_to_be_another() -> None:
    for_men = an_activity(1, audience="men")
    assert helping(for_men, an_activity(2, access=[]), access_needs=["lift"]) == []


def test_what_two_things_stand_against_is_no_help() -> None:
    assert (
        helping(an_activity(1, languages=["nb"], sessions=[a_session("thu")]), languages=["sv"], free_times=MORNINGS)
        == []
    )


def test_what_is_full_is_no_help() -> None:
    full = an_activity(1, seats={"maximum": 1, "taken": 1}, languages=["nb"])
    assert helping(full, languages=["sv"]) == []
