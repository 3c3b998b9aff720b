"""What the activities service hears and keeps, made short for its tests."""

import json
from datetime import date
from uuid import UUID

from sqlalchemy import text

from schemas.coordinator import InvitationDeclined
from schemas.needs import Area
from schemas.referral import ActivityChosen, ReferralReceived
from services.activities.importing import Import
from tests.support.builders import Json, number
from tests.support.service_testing import UnderTest

WALK, CHOIR = UUID(number(1)), UUID(number(2))
REFERRAL = 100


def id_of(n: int = REFERRAL) -> UUID:
    return UUID(number(n))


def received(n: int = REFERRAL, **changes: object) -> ReferralReceived:
    """Return a referral that wants to walk in Tromsø."""
    needs = {
        "referral_id": id_of(n),
        "municipality": "NO-5501",
        "area": Area(latitude=69.65, longitude=18.96),
        "interests": ("walking",),
        "age": 67,
        "gender": "woman",
        "consent_until": date(2025, 12, 31),
    }
    return ReferralReceived.model_validate(needs | changes)


def chosen(choice: int = 1, activity_id: UUID = WALK, n: int = REFERRAL, *, wait: bool = False) -> ActivityChosen:
    return ActivityChosen(referral_id=id_of(n), choice=choice, activity_id=activity_id, wait=wait)


def declined(choice: int = 1, n: int = REFERRAL) -> InvitationDeclined:
    return InvitationDeclined(referral_id=id_of(n), choice=choice, activity_id=WALK, reason="other")


async def know(activities: UnderTest, *documents: Json) -> None:
    """Have the activities stated as their municipalities would, and nothing of it in the outbox."""
    lines = enumerate((json.dumps(document).encode() for document in documents), start=1)
    summary = await Import(activities.service.transaction, lambda *_: None).activities(lines)
    assert not summary.refused
    async with activities.service.transaction() as tx:
        await tx.connection.execute(text("delete from outbox"))


async def taken(activities: UnderTest, activity_id: UUID = WALK) -> int:
    rows = await activities.rows("select taken from seats where activity_id = :id", id=activity_id)
    return int(rows[0]["taken"])
