import json
from collections import Counter
from datetime import date, timedelta
from itertools import chain

import pytest

from schemas.activities import ActivityPublished, ContactFunction
from schemas.personal_number import holds_personal_number
from schemas.referral import ReferralRequested, Sender
from schemas.strict import Invalid, parse_object
from schemas.vocabulary import ACCESS_NEEDS, CATEGORIES, KIND_OF, MODES
from services.demo.catalogue import catalogue
from services.demo.contacts_people import answer_of
from services.demo.municipalities import BY_CODE, MUNICIPALITIES
from services.demo.referrals import CENTRES, personal_values, referrals
from services.demo.stories import PERSONAL_NUMBER, STORIES

ON = date(2025, 11, 21)
SEEDS = (1, 2, 7)


def in_force(agreement: dict[str, str] | None) -> bool:
    return agreement is not None and agreement["valid_from"] <= ON.isoformat() <= agreement["valid_to"]


def test_municipalities_are_neighbours_of_each_other() -> None:
    assert len(MUNICIPALITIES) == 24
    for municipality in MUNICIPALITIES:
        assert municipality.neighbours
        for neighbour in municipality.neighbours:
            assert municipality.code in BY_CODE[neighbour].neighbours


@pytest.mark.parametrize("seed", SEEDS)
def test_every_line_of_the_catalogue_is_valid(seed: int) -> None:
    made = catalogue(seed, ON)
    for activity in made.activities:
        parse_object(ActivityPublished, activity)
    for contact in made.contacts:
        parse_object(ContactFunction, contact)
        assert contact["email"] is None or contact["email"].endswith("@mote.example")


@pytest.mark.parametrize("seed", SEEDS)
def test_catalogue_covers_every_code_and_every_flaw(seed: int) -> None:
    activities = catalogue(seed, ON).activities
    assert 420 <= len(activities) <= 480
    categories = set(chain.from_iterable(activity["categories"] for activity in activities))
    assert categories == set(KIND_OF)
    assert {KIND_OF[category] for category in categories} == set(CATEGORIES)
    assert {activity["mode"] for activity in activities} == set(MODES)
    assert set(chain.from_iterable(activity["access"] for activity in activities)) == set(ACCESS_NEEDS)
    assert {"nb", "nn", "se", "en", "uk", "ar"} <= set(
        chain.from_iterable(activity["languages"] for activity in activities)
    )
    assert {activity["audience"] for activity in activities} == {"everyone", "women", "men"}
    assert {activity["status"] for activity in activities} == {"draft", "published", "paused", "ended"}
    assert {activity["organiser"]["kind"] for activity in activities} == {
        "municipality",
        "voluntary",
        "health_centre",
    }
    seats = [activity["seats"] for activity in activities if activity["seats"]["maximum"]]
    assert any(seat["taken"] >= seat["maximum"] for seat in seats)
    assert any(seat["taken"] == seat["maximum"] - 1 for seat in seats)
    stale = (ON - timedelta(days=180)).isoformat()
    assert any(activity["verified_on"] is None for activity in activities)
    assert any(activity["verified_on"] and activity["verified_on"] < stale for activity in activities)
    voluntary = [activity for activity in activities if activity["organiser"]["kind"] == "voluntary"]
    assert any(activity["agreement"] is None for activity in voluntary)
    assert any(activity["agreement"] and not in_force(activity["agreement"]) for activity in voluntary)
    assert any(activity["contact_id"] is None for activity in activities)
    assert any(activity["open_to"] for activity in activities)
    assert any(not activity["sessions"] for activity in activities)


def test_larger_municipalities_offer_more_and_each_offers_something() -> None:
    per_municipality = Counter(activity["municipality"] for activity in catalogue(1, ON).activities)
    assert set(per_municipality) == set(BY_CODE)
    assert [code for code, _ in per_municipality.most_common(3)] == ["NO-5501", "NO-5503", "NO-1806"]


def test_activities_name_contact_functions_of_their_own_municipality() -> None:
    made = catalogue(1, ON)
    home = {contact["contact_id"]: contact["municipality"] for contact in made.contacts}
    assert len({contact["name"] for contact in made.contacts}) == len(made.contacts)
    for activity in made.activities:
        if activity["contact_id"]:
            assert home[activity["contact_id"]] == activity["municipality"]


def test_same_seed_and_day_make_the_same_catalogue_and_the_same_referrals() -> None:
    assert catalogue(3, ON) == catalogue(3, ON)
    assert catalogue(3, ON) != catalogue(4, ON)
    assert referrals(3, 60, ON) == referrals(3, 60, ON)
    assert referrals(3, 60, ON) != referrals(4, 60, ON)


def test_catalogue_of_another_day_differs_in_its_dates_alone() -> None:
    today, tomorrow = catalogue(3, ON), catalogue(3, ON + timedelta(days=1))
    assert today.contacts == tomorrow.contacts
    for one, other in zip(today.activities, tomorrow.activities, strict=True):
        assert {key for key in one if one[key] != other[key]} <= {"sessions", "agreement", "verified_on"}


@pytest.mark.parametrize("seed", SEEDS)
def test_requests_are_valid_but_for_exactly_four(seed: int) -> None:
    refused = {}
    for request in referrals(seed, 60, ON):
        sender = Sender(request.body["health_centre"], request.over)
        try:
            parse_object(ReferralRequested, request.body, sender)
        except Invalid as error:
            refused[request.story] = {field.path for field in error.errors}
    assert refused == {
        "bad_personal_number": {"wishes"},
        "bad_contact": {"contact"},
        "bad_unknown_field": {"nickname"},
        "bad_age": {"participant.age", "interests[1]"},
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_sixty_referrals_tell_every_story_over_both_ways_from_six_centres(seed: int) -> None:
    requests = referrals(seed, 60, ON)
    assert Counter(request.over for request in requests) == {"kafka": 30, "http": 30}
    assert Counter(request.story for request in requests) == Counter(STORIES) + Counter(plain=51)
    plain = [request.body for request in requests if request.story == "plain"]
    assert {body["policy"] for body in plain} == {"coach_chooses", "best_match"}
    assert {body["health_centre"] for body in plain} == {centre.id for centre in CENTRES}
    assert all(60 <= body["participant"]["age"] <= 75 for body in plain)
    bodies = {request.story: request.body for request in requests}
    assert bodies["control"]["study_arm"] == "control"
    assert bodies["protected"]["participant"]["protected_identity"]
    assert bodies["consent_ended"]["consent"]["expires_on"] < ON.isoformat()
    assert bodies["no_consent"]["consent"] is None
    assert holds_personal_number(bodies["bad_personal_number"]["wishes"])


def test_without_stories_every_request_is_plain() -> None:
    requests = referrals(1, 2000, ON, over=("http",), policies=("best_match",), stories=())
    assert {request.story for request in requests} == {"plain"}
    assert len({request.body["referral_id"] for request in requests}) == 2000
    assert len({request.body["participant"]["pseudonym"] for request in requests}) == 2000
    assert len({request.body["contact"]["phone"] for request in requests}) == 2000


@pytest.mark.parametrize("seed", SEEDS)
def test_personal_values_are_what_was_sent_and_occur_nowhere_in_the_catalogue(seed: int) -> None:
    made = catalogue(seed, ON)
    public = json.dumps([made.contacts, made.activities], ensure_ascii=False).casefold()
    for request in referrals(seed, 60, ON):
        sent = json.dumps(request.body, ensure_ascii=False)
        values = personal_values(request)
        assert values
        for value in values:
            assert value in sent
            assert value.casefold() not in public
        if request.over == "http":
            assert set(request.body["contact"].values()) <= values
    assert PERSONAL_NUMBER not in public


def test_contact_functions_accept_six_of_ten_and_answer_the_same_again() -> None:
    answers = Counter(answer_of(number, 1) for number in range(2000))
    assert 1100 < answers["accept"] < 1300
    assert 300 < answers["decline"] < 500
    assert 300 < answers["silence"] < 500
    assert answer_of("token", 1) == answer_of("token", 1)
