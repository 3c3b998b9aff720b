"""What another service is told over HTTP until it takes it: a question, a pause, an absence. Never an event's matter.

What a contact function writes must not stay in the log of events, so it goes this way: sealed while it waits, and
gone once it is taken or refused for good.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from pydantic import BaseModel

from schemas.parts import Away
from schemas.questions import Question
from services.coordinator.activities_service import ActivitiesService
from services.coordinator.referral_service import ReferralService
from services.coordinator.store import errands
from services.coordinator.store.errands import Errand
from services.runtime.sealing import Seal
from services.runtime.service import Service
from services.runtime.transaction import Transaction

BATCH: Final = 20
LEASE: Final = timedelta(minutes=5)
"""Longer than telling a batch may take."""
LONGEST_PAUSE: Final = timedelta(minutes=10)

log = structlog.get_logger(__name__)


class Asking(BaseModel):
    """Tell the coach of this referral."""

    referral_id: UUID
    question: Question


class Pausing(BaseModel):
    """Pause the activity up to and with this day."""

    activity_id: UUID
    until: date


class Verifying(BaseModel):
    """Say that a human has verified the activity today."""

    activity_id: UUID


class Leaving(BaseModel):
    """Say who of the contact function is away when."""

    contact_id: UUID
    away: Away


Matter = Asking | Pausing | Verifying | Leaving
KINDS: Final[dict[str, type[Matter]]] = {
    "question": Asking,
    "pause": Pausing,
    "verification": Verifying,
    "absence": Leaving,
}
NAMES: Final = {kind: name for name, kind in KINDS.items()}


async def send_for(tx: Transaction, seal: Seal, errand: Matter) -> None:
    """Have it told if, and only if, this transaction commits."""
    errand_id = uuid4()
    body = seal.close(errand.model_dump_json().encode(), errand_id.bytes)
    await errands.add(tx.connection, errand_id, NAMES[type(errand)], body, tx.now)


@dataclass(frozen=True, slots=True)
class Errands:
    """What it takes to run them."""

    service: Service[Any]
    referrals: ReferralService
    activities: ActivitiesService

    async def run_due(self, now: datetime) -> int:
        """Tell what is due, and return how much that was."""
        async with self.service.engine.begin() as connection:
            due = await errands.claim(connection, now, now + LEASE, BATCH)
        for one in due:
            is_done = await self._tell(one)
            async with self.service.engine.begin() as connection:
                if is_done:
                    await errands.remove(connection, one.errand_id)
                else:
                    pause = min(timedelta(seconds=2**one.attempts), LONGEST_PAUSE)
                    await errands.put_back(connection, one.errand_id, now + pause)
        return len(due)

    async def _tell(self, errand: Errand) -> bool:
        """Tell it, and return whether it is done with: taken, or refused for good."""
        opened = self.service.seal.open(errand.body, errand.errand_id.bytes)
        match KINDS[errand.kind].model_validate_json(opened):
            case Asking(referral_id=referral_id, question=question):
                return await self.referrals.ask(errand.errand_id, referral_id, question)
            case Pausing(activity_id=activity_id, until=until):
                return await self.activities.pause(activity_id, until)
            case Leaving(contact_id=contact_id, away=away):
                return await self.activities.add_absence(contact_id, away)
            case Verifying(activity_id=activity_id):
                return await self.activities.verify(activity_id)
