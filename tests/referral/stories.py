"""The events that a referral's story is made of, short enough to read a story in one go."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from schemas.activities import (
    ActivitiesProposed,
    NoActivityFound,
    Proposal,
    SeatAwaited,
    SeatOffered,
    SeatRefused,
    Waitable,
)
from schemas.coordinator import (
    ContactNotified,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    VisitRecorded,
)
from schemas.event import centre_topic
from schemas.referral import ReferralRequested, ReferralStatusChanged, ReferralWithdrawalRequested
from schemas.vocabulary import Visit, WithdrawalReason
from tests.support.builders import a_referral, number
from tests.support.service_testing import NOON, Landed, UnderTest, a_record

CENTRE = "hsa:SE2321000016-1"
REQUESTS = centre_topic("referral-requests-v1", CENTRE)
STATUS = centre_topic("referral-status-v1", CENTRE)
SOURCE = f"/health-centre/{CENTRE}"


def a_request(n: int = 1, **changes: object) -> Landed:
    """Return a request as the centre sends it over Kafka."""
    content = a_referral(n, **changes)
    valid = ReferralRequested.model_validate_json(json.dumps(a_referral(n)))
    return a_record(valid, topic=REQUESTS, source=SOURCE, value=json.dumps(content).encode())


async def ask(referral: UnderTest, n: int = 1, **changes: object) -> None:
    """Have the centre send a request."""
    await referral.deliver(a_request(n, **changes))


async def withdraw(
    referral: UnderTest, n: int = 1, reason: WithdrawalReason = "participant", centre: str = CENTRE
) -> None:
    """Have a centre withdraw a referral over Kafka."""
    event = ReferralWithdrawalRequested(referral_id=UUID(number(n)), health_centre=centre, reason=reason)
    topic = centre_topic("referral-requests-v1", centre)
    await referral.deliver(a_record(event, topic=topic, source=f"/health-centre/{centre}"))


def proposed(*activities: int, n: int = 1) -> ActivitiesProposed:
    """Return the proposals, best first."""
    return ActivitiesProposed(referral_id=UUID(number(n)), proposals=tuple(map(a_proposal, activities)))


def a_proposal(activity: int) -> Proposal:
    """Return a proposal of a walk."""
    return Proposal(
        activity_id=UUID(number(activity)),
        name=f"Tur {activity}",
        organiser_name="Tromsø kommune",
        place_name="Folkeparken",
        score=0.9,
        terms={"interest": 1.0},
        distance_km=4,
        reasons=("interest", "near"),
    )


def nothing_found(*full: int, n: int = 1) -> NoActivityFound:
    """Return that nothing fits, but for what is full."""
    walks = tuple(
        Waitable(
            activity_id=UUID(number(walk)), name=f"Tur {walk}", organiser_name="Turlaget", place_name="Folkeparken"
        )
        for walk in full
    )
    return NoActivityFound(
        referral_id=UUID(number(n)),
        reason="no_activity",
        excluded={"full": len(full)},
        waitable=tuple(walk.activity_id for walk in walks),
        waitable_activities=walks,
    )


def about(choice: int, activity: int, n: int = 1) -> dict[str, Any]:
    """Return what every event of a choice names."""
    return {"referral_id": UUID(number(n)), "choice": choice, "activity_id": UUID(number(activity))}


def refused(choice: int, activity: int) -> SeatRefused:
    """Return that there was no seat."""
    return SeatRefused(**about(choice, activity), reason="full")


def awaited(choice: int, activity: int) -> SeatAwaited:
    """Return that they stand in line for a seat."""
    return SeatAwaited(**about(choice, activity), place=1)


def offered(choice: int, activity: int) -> SeatOffered:
    """Return that a freed seat is kept for them."""
    return SeatOffered(**about(choice, activity))


def notified(choice: int, activity: int, n: int = 1) -> ContactNotified:
    """Return that the contact function was asked."""
    return ContactNotified(**about(choice, activity, n), contact_id=None, channel="email", answer_by=NOON)


def accepted(choice: int, activity: int) -> InvitationAccepted:
    """Return that the participant is welcome."""
    return InvitationAccepted(**about(choice, activity))


def declined(choice: int, activity: int) -> InvitationDeclined:
    """Return that it does not suit."""
    return InvitationDeclined(**about(choice, activity), reason="not_suitable")


def expired(choice: int, activity: int) -> InvitationExpired:
    """Return that nobody answered."""
    return InvitationExpired(**about(choice, activity), reason="no_response")


def visited(choice: int, activity: int, visit: Visit = "attended") -> VisitRecorded:
    """Return how a visit went."""
    return VisitRecorded(**about(choice, activity), visit=visit, on=NOON.date())


async def choose(
    referral: UnderTest, activity: int, *, then: Sequence[int] = (), wait: bool = False, n: int = 1, expect: int = 200
) -> None:
    """Have the coach record a choice."""
    body = {"activity_id": number(activity), "then": [number(wanted) for wanted in then], "wait": wait}
    await call(referral, "POST", f"referrals/{number(n)}/choice", body, expect=expect)


async def close(referral: UnderTest, outcome: str, n: int = 1) -> None:
    """Have the coach close the referral."""
    await call(referral, "POST", f"referrals/{number(n)}/outcome", {"outcome": outcome})


async def call(
    referral: UnderTest, method: str, path: str, body: object = None, *, role: str = "coach", expect: int = 200
) -> Any:  # noqa: ANN401 - any JSON
    """Make a call for somebody of the centre, and return the JSON of the answer."""
    async with referral.client(role, centre=CENTRE) as client:
        answer = await client.request(method, f"/referral/{path}", json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


async def state_of(referral: UnderTest, n: int = 1) -> tuple[str, str, str | None]:
    """Return state, on whom it waits, and why."""
    (row,) = await referral.rows("select state, waiting_on, reason from referral where referral_id = :n", n=number(n))
    return row["state"], row["waiting_on"], row["reason"]


async def centre_sees(referral: UnderTest) -> list[tuple[str, str]]:
    """Return state and on whom it waits, as the centre was told, in order."""
    told = await referral.announced(ReferralStatusChanged)
    return [(status.event.state, status.event.waiting_on) for status in told]
