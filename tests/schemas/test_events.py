from uuid import UUID

import pytest

from schemas.event import Event, centre_topic
from schemas.referral import ReferralRejected, ReferralWithdrawn
from schemas.registry import EVENTS
from schemas.vocabulary import CATEGORIES, KIND_OF

TOPICS = {
    "referral-requests-v1": {"referral.requested", "referral.withdrawal_requested"},
    "referral-status-v1": {"referral.rejected", "referral.status_changed"},
    "referral-needs-v1": {"referral.received"},
    "referral-events-v1": {"activity.chosen", "referral.withdrawn", "referral.closed", "referral.erased"},
    "matching-events-v1": {"activities.proposed", "no_activity.found"},
    "seat-events-v1": {"seat.reserved", "seat.awaited", "seat.offered", "seat.refused", "seat.released"},
    "activity-events-v1": {"activity.published", "activity.withdrawn"},
    "contact-events-v1": {"contact_function.changed"},
    "coordination-events-v1": {
        "contact.notified",
        "contact.unreachable",
        "invitation.accepted",
        "invitation.declined",
        "invitation.expired",
        "visit.recorded",
    },
}
OF_THE_CENTRE = {"referral-requests-v1", "referral-status-v1"}
NEVER_SENT_ON = {"study_arm", "protected_identity", "pseudonym", "health_centre", "signs", "wishes"}

every_event = pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.event_name)


def test_every_event_has_its_topic() -> None:
    topics: dict[str, set[str]] = {}
    for event in EVENTS.values():
        topics.setdefault(event.topic, set()).add(event.event_name)
    assert topics == TOPICS


def test_an_event_is_known_by_its_type() -> None:
    assert EVENTS["org.motesplats.referral.withdrawn.v1"] is ReferralWithdrawn


@every_event
def test_an_event_has_a_key_and_says_what_it_is(event: type[Event]) -> None:
    assert event.key_field in event.model_fields
    assert event.__doc__


@every_event
def test_what_stays_at_the_referral_service_is_in_no_event_that_leaves_it(event: type[Event]) -> None:
    schema = event.model_json_schema()
    fields = {name for part in [schema, *schema.get("$defs", {}).values()] for name in part.get("properties", {})}
    assert event.topic in OF_THE_CENTRE or not fields & NEVER_SENT_ON


@every_event
def test_what_a_choice_causes_carries_its_number(event: type[Event]) -> None:
    caused = event.topic in {"seat-events-v1", "coordination-events-v1", "referral-events-v1"}
    if caused and event.event_name != "referral.erased":
        assert event.model_fields["choice"].is_required()


def test_only_what_ends_a_referral_overtakes() -> None:
    assert {event.event_name for event in EVENTS.values() if event.overtakes} == {
        "referral.withdrawal_requested",
        "referral.withdrawn",
        "referral.closed",
        "referral.erased",
    }


def test_a_rejection_has_the_key_of_its_referral_where_it_could_be_read() -> None:
    referral_id = UUID("3F2504E0-4F89-11D3-9A0C-0305E82C3301")
    assert ReferralRejected(referral_id=referral_id, errors=()).key == "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    assert ReferralRejected(referral_id=None, errors=()).key == "unknown"


def test_a_centre_has_topics_of_its_own() -> None:
    assert centre_topic("referral-status-v1", "hsa:SE2321000016-1") == "referral-status-v1-hsa-SE2321000016-1"


def test_every_category_has_one_kind() -> None:
    assert len(KIND_OF) == sum(map(len, CATEGORIES.values())) == 58
    assert KIND_OF["choir"] == "culture"
