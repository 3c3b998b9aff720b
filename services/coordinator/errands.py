"""What another service is told over HTTP until it takes it: a question, a pause, an absence. Never an event's matter.

What a contact function writes must not stay in the log of events, so it goes this way: sealed while it waits, and
gone once it is taken or refused for good.
"""

import asyncio
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
from services.coordinator.store import errands, letters
from services.coordinator.store.errands import Errand
from services.runtime.connection import Connection
from services.runtime.sealing import Seal
from services.runtime.service import Service
from services.runtime.transaction import Transaction

BATCH: Final = 20
LEASE: Final = timedelta(minutes=5)
"""Longer than telling a batch may take."""
LONGEST_PAUSE: Final = timedelta(minutes=10)
DOUBLINGS: Final = 10
"""After so many pauses none is longer."""

log = structlog.get_logger(__name__)


class Asking(BaseModel):
    """Tell the coach of this referral."""

    referral_id: UUID
    question: Question


class Awaiting(BaseModel):
    """Look whether the coach has answered the question that the errand is known by."""

    referral_id: UUID
    choice: int


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


Matter = Asking | Awaiting | Pausing | Verifying | Leaving
KINDS: Final[dict[str, type[Matter]]] = {
    "question": Asking,
    "answer": Awaiting,
    "pause": Pausing,
    "verification": Verifying,
    "absence": Leaving,
}
NAMES: Final = {kind: name for name, kind in KINDS.items()}


async def send_for(tx: Transaction, seal: Seal, errand: Matter) -> None:
    """Have it told if, and only if, this transaction commits."""
    await _keep(tx.connection, seal, uuid4(), errand, tx.now)


async def _keep(connection: Connection, seal: Seal, errand_id: UUID, errand: Matter, now: datetime) -> None:
    body = seal.close(errand.model_dump_json().encode(), errand_id.bytes)
    await errands.add(connection, errand_id, NAMES[type(errand)], body, now)


@dataclass(frozen=True, slots=True)
class Errands:
    """What it takes to run them."""

    service: Service[Any]
    referrals: ReferralService
    activities: ActivitiesService

    async def run_due(self, now: datetime) -> int:
        """Tell what is due, all at once, and return how much that was."""
        async with self.service.engine.begin() as connection:
            due = await errands.claim(connection, now, now + LEASE, BATCH)
        await asyncio.gather(*(self._run(one, now) for one in due))
        return len(due)

    async def _run(self, errand: Errand, now: datetime) -> None:
        matter = self._matter(errand)
        is_done = await self._tell(errand.errand_id, matter)
        async with self.service.engine.begin() as connection:
            if not is_done:
                pause = timedelta(seconds=2 ** min(errand.attempts, DOUBLINGS))
                await errands.put_back(connection, errand.errand_id, now + min(pause, LONGEST_PAUSE))
                return
            await errands.remove(connection, errand.errand_id)
            if isinstance(matter, Asking):
                awaiting = Awaiting(referral_id=matter.referral_id, choice=matter.question.choice)
                await _keep(connection, self.service.seal, errand.errand_id, awaiting, now)

    def _matter(self, errand: Errand) -> Matter:
        opened = self.service.seal.open(errand.body, errand.errand_id.bytes)
        return KINDS[errand.kind].model_validate_json(opened)

    async def _tell(self, errand_id: UUID, matter: Matter) -> bool:
        """Tell it, and return whether it is done with: taken, or refused for good."""
        match matter:
            case Asking(referral_id=referral_id, question=question):
                return await self.referrals.ask(errand_id, referral_id, question)
            case Awaiting(referral_id=referral_id, choice=choice):
                return await self._look_for_answer(errand_id, referral_id, choice)
            case Pausing(activity_id=activity_id, until=until):
                return await self.activities.pause(activity_id, until)
            case Leaving(contact_id=contact_id, away=away):
                return await self.activities.add_absence(contact_id, away)
            case Verifying(activity_id=activity_id):
                return await self.activities.verify(activity_id)

    async def _look_for_answer(self, question_id: UUID, referral_id: UUID, choice: int) -> bool:
        """Have whoever asked told if there is an answer; return whether there is, or none will come any more."""
        is_answered = await self.referrals.is_answered(question_id, referral_id, choice)
        if is_answered:
            async with self.service.engine.begin() as connection:
                await letters.tell_answered(connection, question_id, referral_id, choice, self.service.clock())
        return is_answered is not False
