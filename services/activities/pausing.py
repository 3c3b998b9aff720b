"""Pauses with a last day, as contact functions ask for them: begun, and ended by time. Never a coordinator's own."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.activities.domain.days import today
from services.activities.domain.keeping import with_status
from services.activities.store.activities import load_activities, save_activities
from services.activities.store.pauses import change_pause, forget_pauses, keep_pause, over_before
from services.runtime.service import Service
from services.runtime.transaction import Transaction


async def pause(tx: Transaction, activity_id: UUID, until: date) -> None:
    """Pause a published activity up to and with the day, or have its pause last until then.

    One that a coordinator paused, or that is gone, stays as it is.
    """
    stating = await load_activities(tx, [activity_id])
    activity = stating.activity(activity_id)
    if activity.present is None or until < stating.on:
        return
    if activity.present.status == "published":
        stating.become(activity, with_status(activity.present, "paused"))
        await save_activities(stating)
        await keep_pause(tx.connection, activity_id, until)
    else:
        await change_pause(tx.connection, activity_id, until)


@dataclass(frozen=True, slots=True)
class Pauses:
    """What ends pauses."""

    service: Service[Any]

    async def end_due(self, now: datetime) -> int:
        """Publish what was paused up to yesterday, and is still paused; return how many pauses that ended."""
        async with self.service.transaction() as tx:
            ids = await over_before(tx.connection, today(now))
            if ids:
                stating = await load_activities(tx, ids)
                for activity in stating.activities.values():
                    if activity.present and activity.present.status == "paused":
                        stating.become(activity, with_status(activity.present, "published"))
                await save_activities(stating)
                await forget_pauses(tx.connection, ids)
        return len(ids)
