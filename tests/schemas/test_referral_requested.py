import json

import pytest

from schemas.referral import (
    Choice,
    Closing,
    Consent,
    Contact,
    MatchPreview,
    ReferralRequested,
    ReferralWithdrawalRequested,
    Sender,
    Withdrawal,
)
from schemas.strict import parse_object
from tests.schemas.reading import rules
from tests.support.builders import Json, a_consent, a_referral, number

SMALL = "must be at most 4 kB as compact JSON"
NO_NUMBER = "must not hold a personal number"
CLOCK = "must be a time from 00:00 to 23:59, as HH:MM"
DAY = "must be a day of the calendar, as YYYY-MM-DD"
UUID_SHAPE = "must be a UUID of 32 hexadecimal digits with four hyphens"
CENTRE = "must be hsa, orgnr or her, a colon, and letters A-Z, digits and hyphens"
MUNICIPALITY = "must be a municipality such as SE-0180 or NO-5501"
GENDER = "must be one of 'woman', 'man', 'other' or 'undisclosed'"
PSEUDONYM = "must be 1 to 64 letters A-Z, digits, dots, hyphens or _"
LANGUAGE = "must be a language code of two or three small letters"
CURRENCY = "must be a currency code of ISO 4217"
PHONE = "must be a phone number of E.164: a plus, the country code and up to 15 digits in all"
NUMBER = "must be a number"
WHOLE = "must be a whole number"
BOOL = "must be true or false"
MISSING = "is required"
UNKNOWN = "is not a known field"
REPEATS = "must not repeat an entry"
LIST = "must be a list"
TEXT = "must be a text"
OBJECT = "must be an object"
EMAIL = "must be an e-mail address"
AMOUNT = "must be an amount as a text, up to 7 digits and up to 2 decimals"


def participant(**changes: object) -> Json:
    return {"pseudonym": "p-1", "age": 67, **changes}


def free(day: object = "mon", start: object = "10:00", end: object = "12:00") -> Json:
    return {"day": day, "from": start, "to": end}


def cost(amount: object = "50", currency: object = "NOK") -> Json:
    return {"amount": amount, "currency": currency}


def consent(**changes: object) -> Json:
    return {**a_consent(), **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"referral_id": "3F2504E0-4F89-11D3-9A0C-0305E82C3301"},
        {"health_centre": "orgnr:974795558"},
        {"health_centre": "her:1"},
        {"municipality": "SE-0180"},
        {"area": {"latitude": 90, "longitude": -180}},
        {"area": {"latitude": -90.0, "longitude": 180.0}},
        {"participant": participant(age=0)},
        {"participant": participant(age=120)},
        {"participant": participant(pseudonym="A" * 64)},
        {"participant": participant(pseudonym="a.b_c-D9")},
        {"participant": participant(gender="other", protected_identity=True)},
        {"signs": ["elevated_blood_pressure", "other"]},
        {"wishes": "x" * 500},
        {"wishes": "å" * 500},
        {"languages": ["sv", "se", "sma"]},
        {"access_needs": ["step_free", "companion"]},
        {"free_times": [free(start="00:00", end="23:59"), free("sun"), free(start="12:00", end="13:00")]},
        {"modes": ["place", "online", "home"]},
        {"max_distance_km": 0.001},
        {"max_distance_km": 1e300},
        {"max_cost": cost("1234567.89")},
        {"max_cost": cost("0")},
        {"max_cost": cost("00.5")},
        {"preferences": {"peer_led": None, "group_size": "any"}},
        {"preferences": {"peer_led": False}},
        {"consent": None},
        {"consent": consent(share=[], purpose="")},
        {"consent": consent(purpose="x" * 200)},
        {"consent": consent(given_on="2026-12-31", expires_on="2026-01-01")},
        {"consent": consent(given_on="2024-02-29")},
        {"study_arm": "control"},
        {"policy": "best_match"},
        {"contact": None},
        {"contact": {}},
        {"contact": {"first_name": "Åse-Marie", "phone": "+4790012345", "email": "ase@example.org"}},
        {"contact": {"first_name": None, "phone": None, "email": None}},
        {"extensions": {}},
        {"extensions": {"a": [1, 1, {"a": None}], "b": "x"}},
        {"extensions": {"at": [8112289874, 1790000004985, 8112289874.0]}},  # points in time look like that
    ],
    ids=repr,
)
def test_a_request_within_the_rules_is_taken(changes: Json) -> None:
    assert rules(ReferralRequested, a_referral(**changes)) == {}


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"referral_id": "3f2504e04f8911d39a0c0305e82c3301"}, {"referral_id": UUID_SHAPE}),
        ({"referral_id": "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}"}, {"referral_id": UUID_SHAPE}),
        ({"referral_id": "urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301"}, {"referral_id": UUID_SHAPE}),
        ({"referral_id": number(1) + "\n"}, {"referral_id": UUID_SHAPE}),
        ({"referral_id": None}, {"referral_id": "must be a UUID, as a text"}),
        ({"referral_id": 1}, {"referral_id": "must be a UUID, as a text"}),
        *(
            ({"health_centre": centre}, {"health_centre": CENTRE})
            for centre in ("hsa:", "hsa:a:b", "HSA:a", "npi:1", "hsa", "hsa:å", "hsa:a b", "hsa:a\n", "")
        ),
        *(
            ({"municipality": code}, {"municipality": MUNICIPALITY})
            for code in ("SE-180", "DK-0101", "se-0180", "SE0180", "SE-0180 ", "SE-\u0660180", "SE-01800")
        ),
        ({"area": {"latitude": 90.001, "longitude": 0}}, {"area.latitude": "must be at most 90"}),
        (
            {"area": {"latitude": -91, "longitude": 180.5}},
            {"area.latitude": "must be at least -90", "area.longitude": "must be at most 180"},
        ),
        ({"area": {"latitude": "69.6", "longitude": True}}, {"area.latitude": NUMBER, "area.longitude": NUMBER}),
        ({"area": {"latitude": 69.6}}, {"area.longitude": MISSING}),
        ({"area": None}, {"area": OBJECT}),
        ({"participant": participant(age=121)}, {"participant.age": "must be at most 120"}),
        ({"participant": participant(age=-1)}, {"participant.age": "must be at least 0"}),
        ({"participant": participant(age=10**30)}, {"participant.age": "must be at most 120"}),
        ({"participant": participant(age=67.0)}, {"participant.age": WHOLE}),
        ({"participant": participant(age="67")}, {"participant.age": WHOLE}),
        ({"participant": participant(age=True)}, {"participant.age": WHOLE}),
        ({"participant": participant(age=None)}, {"participant.age": WHOLE}),
        ({"participant": participant(protected_identity=1)}, {"participant.protected_identity": BOOL}),
        ({"participant": participant(protected_identity=None)}, {"participant.protected_identity": BOOL}),
        ({"participant": participant(gender=None)}, {"participant.gender": GENDER}),
        ({"participant": participant(gender="Woman")}, {"participant.gender": GENDER}),
        *(
            ({"participant": participant(pseudonym=name)}, {"participant.pseudonym": PSEUDONYM})
            for name in ("", "A" * 65, "a b", "å", "a/b", "a\n")
        ),
        ({"participant": participant(pseudonym="811228-9874")}, {"participant.pseudonym": NO_NUMBER}),
        ({"participant": {"pseudonym": "p"}}, {"participant.age": MISSING}),
        ({"participant": {"age": 1}}, {"participant.pseudonym": MISSING}),
        ({"participant": participant(name="Kari")}, {"participant.name": UNKNOWN}),
        ({"policy": "random"}, {"policy": "must be one of 'coach_chooses' or 'best_match'"}),
        ({"signs": None}, {"signs": LIST}),
        ({"signs": "stress"}, {"signs": LIST}),
        ({"signs": {}}, {"signs": LIST}),
        ({"interests": ["walking", "running"]}, {"interests[1]": "must be a code of its list"}),
        ({"interests": ["walking", "choir", "walking"]}, {"interests": REPEATS}),
        ({"wishes": "x" * 501}, {"wishes": "must have at most 500 characters"}),
        ({"wishes": None}, {"wishes": TEXT}),
        ({"wishes": "Ring 811228-9874"}, {"wishes": NO_NUMBER}),
        *(({"languages": [code]}, {"languages[0]": LANGUAGE}) for code in ("s", "SV", "sv-SE", "svens", "s1", "")),
        ({"languages": ["sv", "sv"]}, {"languages": REPEATS}),
        ({"free_times": [free(), free()]}, {"free_times": REPEATS}),
        ({"free_times": [free(start="12:00")]}, {"free_times[0].from": "must be before `to`"}),
        ({"free_times": [free(), free(start="12:01")]}, {"free_times[1].from": "must be before `to`"}),
        *(
            ({"free_times": [free(end=time)]}, {"free_times[0].to": CLOCK})
            for time in ("24:00", "12:60", "9:00", "12:00:00", "12.00", "12:0", " 12:00", "12:00\n", "1\u0662:00", "")
        ),
        ({"free_times": [free(end=1200)]}, {"free_times[0].to": TEXT}),
        (
            {"free_times": [free(day="monday")]},
            {"free_times[0].day": "must be one of 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'"},
        ),
        ({"modes": ["place", "place"]}, {"modes": REPEATS}),
        ({"max_distance_km": 0}, {"max_distance_km": "must be more than 0"}),
        ({"max_distance_km": -0.0}, {"max_distance_km": "must be more than 0"}),
        ({"max_distance_km": 10**400}, {"max_distance_km": "must be a finite number"}),
        ({"max_distance_km": float("inf")}, {"max_distance_km": "must be a finite number"}),
        ({"max_distance_km": float("nan")}, {"max_distance_km": "must be a finite number"}),
        ({"max_distance_km": "10"}, {"max_distance_km": NUMBER}),
        ({"max_distance_km": None}, {"max_distance_km": NUMBER}),
        *(
            ({"max_cost": cost(amount)}, {"max_cost.amount": AMOUNT})
            for amount in (
                "1.234",
                "1,5",
                "-1",
                "+1",
                "12345678",
                ".5",
                "5.",
                "",
                "1e3",
                " 1",
                "1\n",
                "\u0665",
                50,
                50.0,
                None,
                True,
            )
        ),
        *(
            ({"max_cost": cost(currency=code)}, {"max_cost.currency": CURRENCY})
            for code in ("XYZ", "nok", "NO", "kr", "")
        ),
        ({"max_cost": {"amount": "5"}}, {"max_cost.currency": MISSING}),
        ({"preferences": None}, {"preferences": OBJECT}),
        ({"preferences": {"group_size": None}}, {"preferences.group_size": "must be one of 'small', 'large' or 'any'"}),
        ({"preferences": {"peer_led": "yes"}}, {"preferences.peer_led": BOOL}),
        ({"consent": {}}, {"consent.given_on": MISSING, "consent.expires_on": MISSING, "consent.purpose": MISSING}),
        ({"consent": consent(share=["phone", "phone"])}, {"consent.share": REPEATS}),
        (
            {"consent": consent(share=["address"])},
            {"consent.share[0]": "must be one of 'first_name', 'phone', 'email' or 'companion'"},
        ),
        ({"consent": consent(purpose="x" * 201)}, {"consent.purpose": "must have at most 200 characters"}),
        ({"consent": consent(purpose="For 19811228-9874")}, {"consent.purpose": NO_NUMBER}),
        *(
            ({"consent": consent(expires_on=day)}, {"consent.expires_on": DAY})
            for day in (
                "2026-02-29",
                "2026-1-1",
                "20260101",
                "2026-W01-1",
                "2026-01-01T00:00:00",
                "86400",
                "0000-01-01",
                " 2026-01-01",
                20260101,
                None,
            )
        ),
        ({"study_arm": "placebo"}, {"study_arm": "must be one of 'control' or 'intervention'"}),
        ({"policy": None}, {"policy": "must be one of 'coach_chooses' or 'best_match'"}),
        ({"contact": {"first_name": "8112289874"}}, {"contact.first_name": NO_NUMBER}),
        ({"contact": {"email": "kari"}}, {"contact.email": EMAIL}),
        ({"contact": {"email": "kari@example.org\nBcc: x@example.org"}}, {"contact.email": EMAIL}),
        *(
            ({"contact": {"phone": phone}}, {"contact.phone": PHONE})
            for phone in ("90012345", "+47 90012345", "004790012345", "+0123", "+" + "1" * 16, "+", "")
        ),
        ({"contact": {"address": "x"}}, {"contact.address": UNKNOWN}),
        ({"extensions": None}, {"extensions": OBJECT}),
        ({"extensions": []}, {"extensions": OBJECT}),
        ({"extensions": {"a": {"b": ["x", "8112289874"]}}}, {"extensions.a.b[1]": NO_NUMBER}),
        ({"extensions": {"a": {"811228-9874": 1}}}, {"extensions.a.?": NO_NUMBER}),
        ({"extensions": {"a": 198112289874}}, {"extensions.a": NO_NUMBER}),
        ({"extensions": {"a": 31129956715}}, {"extensions.a": NO_NUMBER}),
        ({"extensions": {"a": "8112289874", "b": "x" * 4096}}, {"extensions": SMALL, "extensions.a": NO_NUMBER}),
        ({"name": "Kari"}, {"name": UNKNOWN}),
    ],
    ids=repr,
)
def test_a_request_that_breaks_a_rule_is_told_where_and_which(changes: Json, broken: dict[str, str]) -> None:
    assert rules(ReferralRequested, a_referral(**changes)) == broken


REQUIRED = {"referral_id", "health_centre", "municipality", "area", "participant"}


@pytest.mark.parametrize("field", sorted(a_referral()))
def test_only_what_has_no_default_is_required(field: str) -> None:
    request = a_referral()
    del request[field]
    assert rules(ReferralRequested, request) == ({field: MISSING} if field in REQUIRED else {})


def test_what_is_missing_has_its_default() -> None:
    request = parse_object(
        ReferralRequested,
        {field: value for field, value in a_referral(participant=participant()).items() if field in REQUIRED},
    )
    assert json.loads(request.model_dump_json()) == a_referral(
        participant=participant(gender="undisclosed", protected_identity=False),
        interests=[],
        preferences={"peer_led": None, "group_size": "any"},
        consent=None,
        contact=None,
        extensions={},
    )


@pytest.mark.parametrize(
    ("degrees", "kept"),
    [(69.654321, 69.65), (69.655, 69.66), (0.125, 0.12), (2.675, 2.67), (-0.001, 0.0), (18, 18.0)],
)
def test_the_area_is_rounded_as_python_rounds(degrees: float, kept: float) -> None:
    request = parse_object(ReferralRequested, a_referral(area={"latitude": degrees, "longitude": degrees}))
    assert request.area.latitude == request.area.longitude == kept
    assert "-0.0" not in request.model_dump_json()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {"preferences": {"peer_led": None}}, True),
        ({"area": {"latitude": 69.65, "longitude": 18.96}}, {"area": {"latitude": 69.651, "longitude": 18.964}}, True),
        ({"max_distance_km": 10}, {"max_distance_km": 10.0}, True),
        ({"max_cost": cost("50")}, {"max_cost": cost("50.00")}, True),
        ({"referral_id": number(10)}, {"referral_id": number(10).upper()}, True),
        ({"wishes": ""}, {"wishes": " "}, False),
        ({"interests": ["walking", "choir"]}, {"interests": ["choir", "walking"]}, False),
        ({"max_cost": cost("50")}, {"max_cost": cost("50.01")}, False),
        ({"extensions": {"a": 1}}, {"extensions": {"a": 2}}, False),
        ({"extensions": {"a": 1}}, {"extensions": {"a": True}}, False),
        ({"extensions": {"a": 1, "b": 2}}, {"extensions": {"b": 2, "a": 1}}, True),
    ],
    ids=repr,
)
def test_the_same_content_is_equal_after_parsing_defaults_and_rounding(one: Json, other: Json, *, same: bool) -> None:
    first, second = (parse_object(ReferralRequested, a_referral(**changes)) for changes in (one, other))
    assert (first.content() == second.content()) is same


def test_extensions_may_take_four_kilobytes_of_compact_json() -> None:
    fits = {"a": "å" * 2044}
    assert len(json.dumps(fits, ensure_ascii=False, separators=(",", ":")).encode()) == 4096
    assert rules(ReferralRequested, a_referral(extensions=fits)) == {}
    assert rules(ReferralRequested, a_referral(extensions={"a": "å" * 2044 + "x"})) == {"extensions": SMALL}


def test_a_request_is_of_its_senders_centre() -> None:
    sender = Sender("hsa:SE2321000016-1", "http")
    assert rules(ReferralRequested, a_referral(), sender) == {}
    other = {"health_centre": "must be the sender's own health centre"}
    assert rules(ReferralRequested, a_referral(health_centre="her:1"), sender) == other
    withdrawal: Json = {"referral_id": number(1), "health_centre": "her:1", "reason": "coach"}
    assert rules(ReferralWithdrawalRequested, withdrawal, sender) == other
    assert rules(ReferralWithdrawalRequested, withdrawal, Sender("her:1", "kafka")) == {}


def test_contact_is_taken_over_http_only() -> None:
    with_contact = a_referral(contact={"first_name": "Kari"})
    assert rules(ReferralRequested, with_contact, Sender("hsa:SE2321000016-1", "http")) == {}
    kafka = Sender("hsa:SE2321000016-1", "kafka")
    assert rules(ReferralRequested, with_contact, kafka) == {"contact": "is taken over HTTP only"}
    assert rules(ReferralRequested, a_referral(contact=None), kafka) == {}


def test_a_preview_is_a_request_without_ids() -> None:
    preview = a_referral(participant={"age": 67})
    ids = {"referral_id", "health_centre"}
    assert rules(MatchPreview, {name: value for name, value in preview.items() if name not in ids}) == {}
    assert rules(MatchPreview, a_referral()) == dict.fromkeys([*ids, "participant.pseudonym"], UNKNOWN)


@pytest.mark.parametrize(
    ("then", "broken"),
    [
        ([], {}),
        ([number(n) for n in range(2, 6)], {}),
        ([number(n) for n in range(2, 7)], {"then": "must have at most 4 entries"}),
        ([number(2), number(2)], {"then": REPEATS}),
        ([number(10), number(10).upper()], {"then": REPEATS}),
        ([number(2), number(1)], {"then": "must not hold the chosen activity"}),
        (None, {"then": LIST}),
    ],
)
def test_a_choice_names_up_to_four_more(then: object, broken: dict[str, str]) -> None:
    assert rules(Choice, {"activity_id": number(1), "then": then}) == broken


def test_the_smaller_requests_are_strict_too() -> None:
    assert rules(Choice, {"activity_id": number(1)}) == {}
    assert rules(Withdrawal, {"reason": "participant"}) == {}
    assert set(rules(Withdrawal, {"reason": "bored", "x": 1})) == {"reason", "x"}
    assert rules(Closing, {"outcome": "taking_part"}) == {}
    assert set(rules(Closing, {"outcome": "happy"})) == {"outcome"}
    assert rules(Consent, a_consent()) == {}
    assert rules(Contact, {}) == {}
    assert set(rules(Contact, {"phone": 1})) == {"phone"}
