"""The topics of the health centres: whose one is, and how strictly we read what a centre writes there.

A centre can make us write to its own status topic and to no other: the topic says who it is, whatever the event says.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from schemas.cloudevents import check
from schemas.event import Event, centre_topic
from schemas.referral import (
    REQUESTS_TOPIC,
    STATUS_TOPIC,
    ReferralRejected,
    ReferralRequested,
    ReferralWithdrawalRequested,
    Sender,
)
from schemas.strict import FieldError, Invalid, parse
from services.referral.store.work import Work
from services.runtime.handling import Delivery

PATTERN = rf"^{REQUESTS_TOPIC}-(hsa|orgnr|her)-[A-Za-z0-9-]+$"
REQUESTS: dict[str, type[Event]] = {event.type(): event for event in (ReferralRequested, ReferralWithdrawalRequested)}


def centre_of(topic: str) -> str:
    """Return the health centre of a request topic: `referral-requests-v1-hsa-SE-1` is that of `hsa:SE-1`."""
    scheme, _, value = topic.removeprefix(f"{REQUESTS_TOPIC}-").partition("-")
    return f"{scheme}:{value}"


def status_topic(health_centre: str) -> str:
    """Return where the centre is told; if nobody made that topic, only what is for this centre waits."""
    return centre_topic(STATUS_TOPIC, health_centre)


def read_request(headers: Mapping[str, str], topic: str, value: bytes | None) -> Event:
    """Return the event of a request topic; Invalid with all that is wrong with headers and value."""
    centre = centre_of(topic)
    errors = [*_errors_of_headers(headers, centre)]
    request = REQUESTS.get(headers.get("ce_type", ""))
    if request is None:
        raise Invalid([*errors, FieldError("ce_type", "is not a type that this topic takes")])
    try:
        event = parse(request, value or b"", Sender(centre, over="kafka"))
    except Invalid as error:
        raise Invalid([*errors, *error.errors]) from None
    if errors:
        raise Invalid(errors)
    return event


def _errors_of_headers(headers: Mapping[str, str], centre: str) -> Sequence[FieldError]:
    try:
        attributes = check(headers)
    except Invalid as error:
        return error.errors
    if attributes.source != f"/health-centre/{centre}":
        return [FieldError("ce_source", "must be /health-centre/ and the health centre of the topic")]
    return []


def check_key(event: Event, delivery: Delivery) -> None:
    """Raise Invalid unless the event travels under its own key, which keeps it in order."""
    if delivery.key.lower() != event.key:
        raise Invalid([FieldError("key", "must be the referral_id")])


def reject(work: Work, delivery: Delivery, errors: Sequence[FieldError]) -> None:
    """Tell a centre which rules its request broke; nobody is told of an event that came another way."""
    if delivery.topic.startswith(REQUESTS_TOPIC):
        rejected = ReferralRejected(referral_id=_uuid(delivery.key), errors=tuple(errors))
        work.tx.announce(None, rejected, topic=status_topic(centre_of(delivery.topic)))


def _uuid(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None
