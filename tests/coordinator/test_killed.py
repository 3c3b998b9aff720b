import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from schemas.coordinator import ContactNotified
from services.coordinator.sending import LEASE
from services.runtime.embedded.mail import MailCatcher
from tests.coordinator.conftest import REFERRAL, Coordinator, Referrals, a_contact, a_seat, own_settings
from tests.support.service_testing import NOON, settings_for


class Killing(MailCatcher):
    """A mail server that kills whoever hands it a mail, once it has taken so many."""

    victim: asyncio.subprocess.Process | None = None
    asks_to_end: asyncio.Event | None = None
    """Set instead of a kill."""
    takes: int = 1

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the mail, and kill."""
        said = await super().handle_DATA(server, session, envelope)
        if self.victim is not None and self.received == self.takes:
            self.victim.send_signal(signal.SIGKILL)
            await self.victim.wait()
        if self.asks_to_end is not None and self.received == self.takes:
            self.asks_to_end.set()
        return said


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with Killing() as catcher:
        yield catcher


async def send_and_die(coordinator: Coordinator, referrals: Referrals, folder: Path, *, after: int) -> None:
    """Have a process of its own send what is due, which is killed when so many mails were taken."""
    assert isinstance(coordinator.catcher, Killing)
    coordinator.catcher.takes = after
    url = coordinator.service.service.settings.database_url.get_secret_value()
    told = settings_for(url, **own_settings(referrals, coordinator.catcher))
    environment = {f"MOTESPLATS_{name.upper()}": str(value) for name, value in told.items()}
    coordinator.catcher.victim = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.coordinator.one_step", NOON.isoformat(), str(folder)),
        env={**os.environ, **environment},
    )
    assert await coordinator.catcher.victim.wait() == -signal.SIGKILL
    coordinator.catcher.victim = None
    assert len(coordinator.catcher.messages) == after


async def test_the_mail_is_sent_again_with_the_same_message_id_at_most(
    coordinator: Coordinator, referrals: Referrals, tmp_path: Path
) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    await send_and_die(coordinator, referrals, tmp_path, after=1)
    assert await coordinator.service.names() == []
    assert (await coordinator.state())["state"] == "reserved"
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    first, second = coordinator.catcher.messages
    assert first.message_id == second.message_id
    (notified,) = await coordinator.service.announced(ContactNotified)
    assert notified.key == str(REFERRAL)


@pytest.mark.parametrize(("due", "after"), [(1, 1), (5, 2), (5, 3), (200, 150)])
async def test_of_all_mails_of_a_batch_only_the_one_that_was_on_its_way_is_sent_again(
    coordinator: Coordinator, referrals: Referrals, tmp_path: Path, due: int, after: int
) -> None:
    functions = [UUID(int=500 + n) for n in range(due)]
    await coordinator.service.deliver(*(a_contact(contact_id=one, email=f"{one}@mote.example") for one in functions))
    await coordinator.service.deliver(*(a_seat(referral_id=one, contact_id=one) for one in functions))
    await send_and_die(coordinator, referrals, tmp_path, after=after)
    assert await coordinator.service.names() == []
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    taken = Counter(mail.message_id for mail in coordinator.catcher.messages)
    assert sorted(taken.values()) == [*[1] * (due - 1), 2]
    assert await coordinator.service.names() == ["ContactNotified"] * due


@pytest.mark.parametrize("due", [8, 30], ids=["few", "many"])
async def test_who_is_asked_to_end_writes_down_what_was_taken_and_leaves_the_rest_in_its_place(
    coordinator: Coordinator, due: int
) -> None:
    assert isinstance(coordinator.catcher, Killing)
    service = coordinator.service.service
    coordinator.catcher.takes, coordinator.catcher.asks_to_end = 3, service._stopping
    await coordinator.service.deliver(a_contact(), *(a_seat(referral_id=UUID(int=100 + n)) for n in range(due)))
    await coordinator.send_notices()
    taken = len(coordinator.catcher.messages)
    assert 3 <= taken < due
    assert await coordinator.service.names() == ["ContactNotified"] * taken

    service._stopping.clear()
    coordinator.service.clock.now += timedelta(minutes=1)  # shorter than any lease
    await coordinator.send_notices()
    assert Counter(mail.message_id for mail in coordinator.catcher.messages).most_common(1)[0][1] == 1
    assert len(coordinator.catcher.messages) == due
