import json
import traceback

import pytest
from pydantic import ValidationError

from schemas.activities import ActivityPublished
from schemas.referral import Choice, ReferralRequested, Withdrawal
from schemas.strict import MOST_ERRORS, FieldError, Invalid, invalid, parse, parse_object
from tests.schemas.reading import rules
from tests.support.builders import Json, a_referral, an_activity, number

SECRET = "Kari-Nordmann-secret"
PERSONAL_NUMBER = "811228-9874"


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "is not JSON (line 1, column 1)"),
        (b"{", "is not JSON (line 1, column 2)"),
        (b'{"reason": "coach",}', "is not JSON (line 1, column 20)"),
        (b'{"reason": "coach"} {}', "is not JSON (line 1, column 21)"),
        (b"{'reason': 'coach'}", "is not JSON (line 1, column 2)"),
        (b'{"reason": "co\nach"}', "is not JSON (line 1, column 15)"),
        (b"\xef\xbb\xbf{}", "is not JSON (line 1, column 1)"),
        (b"\xff\xfe{\x00}\x00", "is not UTF-8"),
        (b'{"reason": "\xed\xa0\x80"}', "is not UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"reason":' * 300 + b"1" + b"}" * 300, "is not JSON, or is nested too deeply"),
        (b'{"reason": ' + b"9" * 5_000 + b"}", "holds a number of too many digits"),
        (b"[]", "must be an object"),
        (b"null", "must be an object"),
        (b'"reason"', "must be an object"),
    ],
)
def test_what_cannot_be_read_as_a_whole_is_refused(raw: bytes, rule: str) -> None:
    assert rules(Withdrawal, raw) == {"$": rule}


@pytest.mark.parametrize(
    ("extensions", "path", "rule"),
    [
        ('{"a": 1, "a": 1}', "extensions.a", "is given more than once"),
        ('{"a": [{"b": 1, "c": 2, "b": 3}]}', "extensions.a[0].b", "is given more than once"),
        ('{"a": NaN}', "extensions.a", "must be a finite number"),
        ('{"a": [1, -Infinity]}', "extensions.a[1]", "must be a finite number"),
        ('{"a": 1e400}', "extensions.a", "must be a finite number"),
        (r'{"a": "x\u0000y"}', "extensions.a", "must not hold the character NUL"),
        (r'{"a": {"x\u0000y": 1}}', "extensions.a.?", "must not hold the character NUL"),
        (r'{"a": "\ud83d"}', "extensions.a", "must not hold half a surrogate pair"),
        (r'{"a": "\uDE00\uD83D"}', "extensions.a", "must not hold half a surrogate pair"),
    ],
)
def test_what_json_lets_pass_and_we_do_not_is_told_with_its_path(extensions: str, path: str, rule: str) -> None:
    raw = json.dumps(a_referral())[:-1] + f', "extensions": {extensions}}}'
    assert rules(ReferralRequested, raw) == {path: rule}


@pytest.mark.parametrize("text", [r"\ud83d\ude00", r"\\u0000", r"\\ud800", "😀", r"A", r"\"\\/\b\f\n\r\t"])
def test_other_escapes_and_characters_are_taken(text: str) -> None:
    raw = json.dumps(a_referral())[:-1] + f', "extensions": {{"a": "{text}"}}}}'
    assert rules(ReferralRequested, raw) == {}


def test_a_repeated_field_and_a_broken_one_are_told_together() -> None:
    assert rules(Choice, f'{{"activity_id": "x", "then": [], "then": ["{number(1)}", 5]}}') == {
        "then": "is given more than once",
        "activity_id": "must be a UUID of 32 hexadecimal digits with four hyphens",
        "then[1]": "must be a UUID, as a text",
    }


def test_every_broken_field_is_told_at_once() -> None:
    activity = an_activity(
        activity_id="1",
        name="",
        mode="place",
        place=None,
        ages={"min": 70, "max": 60},
        seats={"maximum": 0, "taken": -1},
        sessions=[{"day": "mon", "from": "18:00", "to": "17:00"}, {"day": "may", "from": "24:00", "to": "9:00"}],
        colour="red",
    )
    assert set(rules(ActivityPublished, activity)) == {
        "activity_id",
        "name",
        "place",
        "ages.min",
        "seats.maximum",
        "seats.taken",
        "sessions[0].from",
        "sessions[1].day",
        "sessions[1].from",
        "sessions[1].to",
        "colour",
    }


def test_a_python_name_of_a_field_is_unknown_on_the_wire() -> None:
    activity = an_activity(sessions=[{"day": "mon", "from_": "10:00", "to": "12:00"}])
    assert rules(ActivityPublished, activity) == {
        "sessions[0].from": "is required",
        "sessions[0].from_": "is not a known field",
    }


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("colour", "colour"),
        ("shoe-size", "shoe-size"),
        ("ålder", "ålder"),
        ("$schema", "$schema"),
        ("@type", "@type"),
        (PERSONAL_NUMBER, "?"),
        ("p8112289874", "?"),
        ("Kari Nordmann", "?"),
        ("x" * 41, "?"),
        ("", "?"),
        ("a.b[0]", "?"),
        ("<script>", "?"),
    ],
)
def test_an_unknown_key_is_shown_only_when_it_reads_like_a_name(key: str, path: str) -> None:
    assert rules(Withdrawal, {"reason": "coach", key: 1}) == {path: "is not a known field"}


@pytest.mark.parametrize(
    "changes",
    [
        {"gender": SECRET},
        {"referral_id": SECRET},
        {"health_centre": SECRET},
        {"municipality": SECRET},
        {"area": SECRET},
        {"area": {"latitude": SECRET, "longitude": SECRET}},
        {"participant": {"pseudonym": SECRET + "!", "age": SECRET, "gender": SECRET, "protected_identity": SECRET}},
        {"participant": [SECRET]},
        {"signs": [SECRET]},
        {"interests": [SECRET]},
        {"interests": SECRET},
        {"interests": {SECRET: SECRET}},
        {"wishes": [SECRET]},
        {"wishes": SECRET * 100},
        {"wishes": f"{SECRET} {PERSONAL_NUMBER}"},
        {"languages": [SECRET]},
        {"free_times": [{"day": SECRET, "from": SECRET, "to": SECRET}]},
        {"max_distance_km": SECRET},
        {"max_cost": {"amount": SECRET, "currency": SECRET}},
        {"preferences": {"peer_led": SECRET, "group_size": SECRET}},
        {"consent": {"given_on": SECRET, "expires_on": SECRET, "share": [SECRET], "purpose": 1}},
        {"study_arm": SECRET},
        {"policy": SECRET},
        {"contact": {"first_name": 1, "phone": SECRET, "email": SECRET}},
        {"extensions": SECRET},
        {"extensions": {"a": f"{SECRET} {PERSONAL_NUMBER}"}},
        {"extensions": {PERSONAL_NUMBER: SECRET}},
    ],
    ids=repr,
)
def test_no_error_repeats_a_value(changes: Json) -> None:
    with pytest.raises(Invalid) as refused:
        parse_object(ReferralRequested, a_referral(**changes))
    told = "".join(traceback.format_exception(refused.value)) + repr(refused.value.errors)
    assert SECRET not in told
    assert PERSONAL_NUMBER not in told
    assert refused.value.__context__ is None
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("raw", [f'{{"reason": {SECRET}}}', f"{SECRET}", f'{{"reason": "{SECRET}"'])
def test_no_error_of_broken_json_carries_the_text(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(Withdrawal, raw)
    assert SECRET not in str(refused.value)
    assert refused.value.__context__ is None


def test_errors_beyond_a_hundred_are_counted() -> None:
    with pytest.raises(Invalid) as refused:
        parse_object(Choice, {"activity_id": number(1), "then": [1] * 1_000})
    assert len(refused.value.errors) == MOST_ERRORS + 1
    assert refused.value.errors[-1] == FieldError("$", "has 900 more errors")


def test_an_event_that_cannot_be_read_is_told_without_its_values() -> None:
    with pytest.raises(ValidationError) as refused:
        Withdrawal.model_validate_json(f'{{"reason": "{SECRET}"}}')
    assert invalid(refused.value).errors == (
        FieldError("reason", "must be one of 'participant', 'coach' or 'consent'"),
    )


def test_a_reader_of_events_passes_over_what_it_does_not_know() -> None:
    assert Withdrawal.model_validate_json('{"reason": "coach", "mood": "good"}') == Withdrawal(reason="coach")
