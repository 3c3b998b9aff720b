import json

import pytest

from schemas.activities import ActivityPublished, ContactFunction, ContactFunctionChanged
from schemas.strict import parse_object
from tests.schemas.reading import rules
from tests.support.builders import Json, a_session, an_activity, number

DAY = "must be a day of the calendar, as YYYY-MM-DD"
WHOLE = "must be a whole number"
PLACE = {"place_id": "p", "name": "n", "latitude": 69.6543, "longitude": 18.9, "address": ""}
PLACE_RULE = "must be there exactly when mode is place"


@pytest.mark.parametrize(
    "changes",
    [
        {"activity_id": "3F2504E0-4F89-11D3-9A0C-0305E82C3301"},
        {"description": "x" * 10_000},
        {"organiser": {"organiser_id": "o-1", "name": "Laget", "kind": "voluntary"}},
        {"open_to": ["NO-5503", "SE-0180"]},
        {"mode": "online", "place": None},
        {"mode": "home", "place": None},
        {"place": PLACE},
        {"categories": ["walking", "stress", "bereavement"]},
        {"languages": ["nb", "sma"]},
        {"access": ["guide_dog", "companion"]},
        {"sessions": []},
        {"sessions": [a_session(), a_session(every_weeks=2)]},
        {"sessions": [a_session(every_weeks=2, first_on=None)]},
        {"sessions": [a_session(first_on="2026-06-01", last_on="2026-01-01")]},
        {"ages": {"min": None, "max": None}},
        {"ages": {}},
        {"ages": {"min": 60, "max": 60}},
        {"ages": {"min": 60}},
        {"seats": {"maximum": 1, "taken": 5}},
        {"seats": {"taken": 0}},
        {"cost": {"amount": "0.5", "currency": "SEK"}},
        {"agreement": {"valid_from": "2026-12-31", "valid_to": "2026-01-01"}},
        {"verified_on": "2199-01-01"},
        {"contact_id": number(5)},
        {"extensions": {"call": "811228-9874"}},
    ],
    ids=repr,
)
def test_an_activity_within_the_rules_is_taken(changes: Json) -> None:
    assert rules(ActivityPublished, an_activity(**changes)) == {}


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"name": ""}, {"name": "must not be empty"}),
        ({"name": None}, {"name": "must be a text"}),
        ({"description": None}, {"description": "must be a text"}),
        (
            {"organiser": {"organiser_id": 1, "name": "Laget", "kind": "church"}},
            {
                "organiser.organiser_id": "must be a text",
                "organiser.kind": "must be one of 'municipality', 'voluntary' or 'health_centre'",
            },
        ),
        ({"open_to": ["NO-5503", "NO-5503"]}, {"open_to": "must not repeat an entry"}),
        ({"place": None}, {"place": PLACE_RULE}),
        ({"mode": "online"}, {"place": PLACE_RULE}),
        ({"mode": "home", "place": PLACE}, {"place": PLACE_RULE}),
        ({"mode": "outdoors"}, {"mode": "must be one of 'place', 'online' or 'home'"}),
        ({"place": {**PLACE, "latitude": 91}}, {"place.latitude": "must be at most 90"}),
        ({"place": {**PLACE, "floor": 2}}, {"place.floor": "is not a known field"}),
        ({"categories": []}, {"categories": "must not be empty"}),
        ({"categories": ["running"]}, {"categories[0]": "must be a code of its list"}),
        ({"sessions": [a_session(), a_session()]}, {"sessions": "must not repeat an entry"}),
        ({"sessions": [a_session(start="12:00")]}, {"sessions[0].from": "must be before `to`"}),
        ({"sessions": [a_session(every_weeks=0)]}, {"sessions[0].every_weeks": "must be at least 1"}),
        ({"sessions": [a_session(every_weeks=None)]}, {"sessions[0].every_weeks": WHOLE}),
        ({"sessions": [a_session(last_on="soon")]}, {"sessions[0].last_on": DAY}),
        ({"ages": {"min": 61, "max": 60}}, {"ages.min": "must not be above `max`"}),
        ({"ages": {"min": 60.0, "max": "70"}}, {"ages.min": WHOLE, "ages.max": WHOLE}),
        ({"audience": "men_only"}, {"audience": "must be one of 'everyone', 'women' or 'men'"}),
        ({"seats": {"maximum": 0, "taken": 0}}, {"seats.maximum": "must be at least 1"}),
        ({"seats": {"maximum": 1, "taken": -1}}, {"seats.taken": "must be at least 0"}),
        ({"seats": {"maximum": 1}}, {"seats.taken": "is required"}),
        ({"seats": {"maximum": 1, "taken": None}}, {"seats.taken": WHOLE}),
        ({"seats": {"maximum": 1, "taken": True}}, {"seats.taken": WHOLE}),
        ({"seats": {"maximum": 1, "taken": 2**31}}, {"seats.taken": "must be at most 2147483647"}),
        ({"seats": None}, {"seats": "must be an object"}),
        ({"cost": {"amount": "free", "currency": "SEK"}}, {"cost.amount": None}),
        ({"peer_led": None}, {"peer_led": "must be true or false"}),
        ({"group_size": "any"}, {"group_size": "must be one of 'small' or 'large'"}),
        ({"status": "open"}, {"status": "must be one of 'draft', 'published', 'paused' or 'ended'"}),
        ({"agreement": {"valid_from": "2026-01-01"}}, {"agreement.valid_to": "is required"}),
        ({"verified_on": "2026-02-30"}, {"verified_on": DAY}),
        ({"contact_id": "5"}, {"contact_id": None}),
        ({"extensions": {"a": "x" * 4096}}, {"extensions": "must be at most 4 kB as compact JSON"}),
        ({"price": 5}, {"price": "is not a known field"}),
    ],
    ids=repr,
)
def test_an_activity_that_breaks_a_rule_is_told_where_and_which(changes: Json, broken: dict[str, str | None]) -> None:
    found = rules(ActivityPublished, an_activity(**changes))
    assert found == {path: found.get(path) if rule is None else rule for path, rule in broken.items()}


OPTIONAL = {
    "description",
    "open_to",
    "languages",
    "access",
    "sessions",
    "ages",
    "audience",
    "cost",
    "peer_led",
    "agreement",
    "verified_on",
    "contact_id",
}


@pytest.mark.parametrize("field", sorted(an_activity()))
def test_only_what_has_no_default_is_required(field: str) -> None:
    activity = an_activity()
    del activity[field]
    missing = {"place": PLACE_RULE}.get(field, "is required")
    assert rules(ActivityPublished, activity) == ({} if field in OPTIONAL else {field: missing})


def test_an_activity_without_a_place_needs_no_such_field() -> None:
    activity = an_activity(mode="online")
    del activity["place"]
    assert rules(ActivityPublished, activity) == {}


def test_extensions_of_an_activity_are_handed_on_untouched() -> None:
    extensions = {"a": [1, 2.5, None, {"b": "å"}], "c": 10**30, "from_": {"x": True}}
    activity = parse_object(ActivityPublished, an_activity(extensions=extensions))
    assert json.loads(activity.model_dump_json())["extensions"] == extensions


def test_the_id_of_an_activity_is_lower_case() -> None:
    activity = parse_object(ActivityPublished, an_activity(activity_id="3F2504E0-4F89-11D3-9A0C-0305E82C3301"))
    assert activity.key == "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def a_contact(**changes: object) -> Json:
    contact = {
        "contact_id": number(1),
        "municipality": "NO-5501",
        "name": "Turkontakten",
        "email": "tur@example.org",
        "phone": "+4777012345",
        "language": "nb",
    }
    return contact | changes


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, {}),
        ({"email": None}, {}),
        ({"phone": None}, {}),
        ({"language": "se"}, {}),
        ({"email": None, "phone": None}, {"phone": "must be given when email is null"}),
        ({"email": "x", "phone": None}, {"email": "must be an e-mail address"}),
        ({"language": "no"}, {"language": "must be one of 'sv', 'nb', 'nn', 'se' or 'en'"}),
        ({"name": ""}, {"name": "must not be empty"}),
        ({"deputy": "Per"}, {"deputy": "is not a known field"}),
    ],
    ids=repr,
)
def test_a_contact_function_is_reached_by_mail_or_by_phone(changes: Json, broken: dict[str, str]) -> None:
    assert rules(ContactFunction, a_contact(**changes)) == broken


@pytest.mark.parametrize("address", ["a@b.test", "post@tromsø.example", "åse@example.org", "a+b@x.invalid"])
def test_well_formed_addresses_are_taken(address: str) -> None:
    assert rules(ContactFunction, a_contact(email=address)) == {}


@pytest.mark.parametrize("address", ["", "a", "a@b", "a@localhost", "a b@x.org", "A <a@x.org>", "a@x.org,b@x.org"])
def test_other_addresses_are_refused(address: str) -> None:
    assert rules(ContactFunction, a_contact(email=address)) == {"email": "must be an e-mail address"}


def test_a_contact_function_may_be_missing_what_may_be_null() -> None:
    contact = a_contact()
    del contact["phone"]
    assert rules(ContactFunction, contact) == {}
    del contact["email"]
    assert rules(ContactFunction, contact) == {"phone": "must be given when email is null"}


def test_a_line_of_a_contacts_file_becomes_the_event() -> None:
    line = parse_object(ContactFunction, a_contact())
    assert ContactFunctionChanged(**dict(line)).key == number(1)
