"""Telling health centres' own systems how their referrals go: what their own topic says, and never more.

A message is written with the change that it tells of. It is claimed, sent outside of any transaction and recorded;
whoever dies in between leaves a lease that ends, and the message goes again under the same id. Each centre is called
by tasks of its own, so one that is slow or away holds back nobody else, and of its own only the same referral's.
"""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from schemas.referral import ReferralStatusChanged
from services.referral.domain.message import State, next_attempt
from services.referral.store import webhooks as store
from services.referral.store.webhooks import Message, Told
from services.referral.store.work import Work
from services.runtime.service import Service
from services.runtime.webhook import Called, Hook, Webhooks, secret_of

AT_ONCE: Final = 200
OF_EACH: Final = 4
LEASE: Final = timedelta(minutes=1)
"""Longer than a call, and what it takes to record it, may last."""
CALLED: Final = "called"
"""What the loop waits for besides time."""
KEPT: Final = timedelta(days=14)


@dataclass(slots=True)
class MessagesBack:
    """What it takes to send them. Open as long as something may be on its way."""

    service: Service[Work]
    webhooks: Webhooks
    key: bytes
    calls: dict[asyncio.Task[None], str] = field(default_factory=dict)
    """Those on their way, with the centre of each."""
    told: list[Told] = field(default_factory=list)
    """What became of messages and is not recorded yet: forgotten, they would go again."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for call in self.calls:
            call.cancel()
        await asyncio.gather(*self.calls, return_exceptions=True)

    async def send_due(self, now: datetime) -> int:
        """Record what became of messages, begin to send others, and return how many that were."""
        recorded = len(self.told)
        if recorded:
            async with self.service.engine.begin() as connection:
                await store.record(connection, self.told[:recorded], now)
            del self.told[:recorded]
        claimed = await self._claim(now)
        for message in claimed:
            call = asyncio.create_task(self._call(message))
            self.calls[call] = message.health_centre
            call.add_done_callback(self._end)
        return recorded + len(claimed)

    async def send_trial(self, health_centre: str, url: str) -> Called:
        """Call the centre's webhook with nothing to tell, and return what became of it."""
        now, secret = self.service.clock(), secret_of(self.key, health_centre, url)
        content = {"type": "trial", "timestamp": now.isoformat(), "data": {}}
        return await self.webhooks.call(Hook(url, f"trial-{now.timestamp():.0f}", secret, now, content))

    async def forget(self, now: datetime) -> int:
        """Forget what was told long ago."""
        async with self.service.engine.connect() as connection:
            await store.forget(connection, now - KEPT)
        return 0

    async def _claim(self, now: datetime) -> list[Message]:
        room = AT_ONCE - len(self.calls)
        if room <= 0:
            return []
        busy = set(self.calls.values())
        async with self.service.engine.connect() as connection:
            return await store.claim(connection, busy, now, now + LEASE, each=OF_EACH, limit=room)

    async def _call(self, message: Message) -> None:
        called = await self.webhooks.call(self._hook(message))
        due_at = next_attempt(message.attempts, self.service.clock()) if called.became == "deferred" else None
        state: State = "delivered" if called.became == "sent" else "queued" if due_at else "failed"
        self.told.append(Told(message.referral_id, message.sequence, state, due_at, called.answer))

    def _hook(self, message: Message) -> Hook:
        secret = secret_of(self.key, message.health_centre, message.url)
        content = {
            "type": ReferralStatusChanged.type(),
            "timestamp": message.queued_at.isoformat(),
            "data": json.loads(message.content),
        }
        which = message_id(message.referral_id, message.sequence)
        return Hook(message.url, which, secret, self.service.clock(), content)

    def _end(self, call: asyncio.Task[None]) -> None:
        del self.calls[call]
        self.service.wake(CALLED)


def message_id(referral_id: UUID, sequence: str) -> str:
    """Return what a message is known by, however often it is sent."""
    return f"{referral_id}.{sequence}"
