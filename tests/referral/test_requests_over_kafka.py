import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.referral import ReferralReceived, ReferralRejected, ReferralRequested
from tests.referral.stories import CENTRE, REQUESTS, SOURCE, STATUS, a_request, ask, state_of
from tests.support.builders import Json, a_consent, a_referral, number
from tests.support.service_testing import Landed, UnderTest, a_record

VALID = ReferralRequested.model_validate_json(json.dumps(a_referral()))


def a_message(**changes: Any) -> Landed:  # noqa: ANN401 - as a_record takes them
    return a_record(VALID, **{"topic": REQUESTS, "source": SOURCE} | changes)


async def rules(referral: UnderTest) -> list[tuple[str, str]]:
    """Return the one rejection's paths and rules; they are those that the parked event has."""
    (rejected,) = await referral.announced(ReferralRejected)
    assert rejected.topic == STATUS
    told = [(error.path, error.rule) for error in rejected.event.errors]
    assert await referral.parked() == [told]
    return told


async def test_a_request_is_taken_and_no_value_of_it_stays_in_the_inbox(referral: UnderTest) -> None:
    await ask(referral)
    assert await state_of(referral) == ("received", "nobody", None)
    assert await referral.rows("select value, headers, key from inbox") == [
        {"value": None, "headers": None, "key": None}
    ]


async def test_the_same_request_again_is_a_repeat_whatever_its_event_id(referral: UnderTest) -> None:
    await ask(referral)
    finer = {"latitude": 69.6534, "longitude": 18.9551}
    await ask(referral, area=finer, wishes="", max_distance_km=10.0)
    assert len(await referral.names()) == 2
    assert await referral.parked() == []


@pytest.mark.parametrize("consent", [a_consent(), a_consent(given_on="2025-03-13")])
async def test_who_names_no_distance_leaves_it_to_the_municipality_and_says_the_same_as_ten(
    referral: UnderTest, consent: Json
) -> None:
    left_open = {name: value for name, value in a_referral().items() if name != "max_distance_km"}
    await referral.deliver(a_message(value=json.dumps(left_open | {"consent": consent}).encode()))
    await ask(referral, consent=consent)
    await ask(referral, 2, consent=consent)
    await referral.let_pass(timedelta(hours=11))
    told = [told.event for told in await referral.announced(ReferralReceived)]
    distances = [(each.names_distance, each.max_distance_km) for each in told if isinstance(each, ReferralReceived)]
    assert sorted(distances) == [(False, 10), (True, 10)]
    assert await referral.parked() == []


async def test_a_known_id_with_other_content_is_refused(referral: UnderTest) -> None:
    await ask(referral)
    await ask(referral, wishes="Something else")
    assert await rules(referral) == [("referral_id", "is known with other content")]


async def test_an_id_that_another_centre_uses_is_refused_in_the_same_words(referral: UnderTest) -> None:
    await ask(referral)
    other = a_referral(health_centre="her:1001")
    event = ReferralRequested.model_validate_json(json.dumps(other))
    topic = "referral-requests-v1-her-1001"
    await referral.deliver(a_record(event, topic=topic, source="/health-centre/her:1001"))
    (rejected,) = await referral.announced(ReferralRejected)
    assert rejected.topic == "referral-status-v1-her-1001"
    assert [error.rule for error in rejected.event.errors] == ["is known with other content"]


async def test_every_broken_rule_is_told_at_once_and_no_value(referral: UnderTest) -> None:
    await ask(referral, municipality="Tromsø", max_distance_km=0, consent={"given_on": "2025-01-01"}, colour="blue")
    assert {path for path, _ in await rules(referral)} == {
        "municipality",
        "max_distance_km",
        "consent.expires_on",
        "consent.purpose",
        "colour",
    }
    kept = json.dumps([await referral.parked(), [str(told.event) for told in await referral.announced()]])
    assert "Tromsø" not in kept
    assert "blue" not in kept


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"value": b"walks, please"}, "$"),
        ({"value": b"\xff\xfe"}, "$"),
        ({"value": b"{" + b" " * 900_000}, "$"),
        ({"headers": {"ce_type": "org.motesplats.referral.wished.v1"}}, "ce_type"),
        ({"headers": {"ce_type": "org.motesplats.invitation.accepted.v1"}}, "ce_type"),
        ({"headers": {"ce_id": None}}, "ce_id"),
        ({"headers": {"ce_time": "yesterday"}}, "ce_time"),
        ({"source": "/health-centre/hsa:SE2321000016-2"}, "ce_source"),
        ({"source": "/coordinator"}, "ce_source"),
        ({"key": number(2)}, "key"),
    ],
)
async def test_a_poisonous_message_is_parked_with_the_reason_and_its_centre_is_told(
    referral: UnderTest, changes: dict[str, Any], path: str
) -> None:
    await referral.deliver(a_message(**changes))
    assert [found for found, _ in await rules(referral)] == [path]
    assert await referral.announced(ReferralReceived) == []


async def test_a_rejection_names_the_referral_only_when_the_key_is_an_id(referral: UnderTest) -> None:
    await referral.deliver(a_message(value=b"", key="what?"))
    await referral.deliver(a_message(value=b"", key=number(7)))
    told = await referral.announced(ReferralRejected)
    assert [(rejected.key, str(rejected.event.referral_id)) for rejected in told] == [
        ("unknown", "None"),
        (number(7), number(7)),
    ]


async def test_a_centre_speaks_for_itself_only(referral: UnderTest) -> None:
    await ask(referral, health_centre="her:1001")
    assert await rules(referral) == [("health_centre", "must be the sender's own health centre")]


async def test_contact_data_is_not_taken_over_kafka(referral: UnderTest) -> None:
    await ask(referral, contact={"first_name": "Solveig", "phone": None, "email": None})
    assert await rules(referral) == [("contact", "is taken over HTTP only")]
    assert "Solveig" not in str(await referral.rows("select * from inbox"))


async def test_a_parked_request_holds_back_its_own_key_only(referral: UnderTest) -> None:
    await referral.deliver(a_request(1, max_distance_km=0), a_request(1), a_request(2))
    assert await referral.rows("select state from inbox order by id") == [
        {"state": "parked"},
        {"state": "held"},
        {"state": "handled"},
    ]


async def test_an_unreadable_event_of_our_own_services_is_told_to_no_centre(referral: UnderTest) -> None:
    topic, kind = "coordination-events-v1", "org.motesplats.invitation.accepted.v1"
    await referral.deliver(a_message(topic=topic, source="/coordinator", value=b"{}", headers={"ce_type": kind}))
    assert len(await referral.parked()) == 1
    assert await referral.names() == []


def test_a_hyphen_in_a_centres_id_is_kept() -> None:
    assert CENTRE == "hsa:SE2321000016-1"
    assert REQUESTS == "referral-requests-v1-hsa-SE2321000016-1"
