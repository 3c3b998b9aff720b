import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from schemas.coordinator import ContactNotified
from services.coordinator.sending import LEASE
from services.runtime.embedded.mail import MailCatcher
from tests.coordinator.conftest import REFERRAL, Coordinator, Referrals, a_contact, a_seat, own_settings
from tests.support.service_testing import NOON, settings_for


class Killing(MailCatcher):
    """A mail server that kills whoever hands it a mail, once it has taken it."""

    victim: asyncio.subprocess.Process | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take the mail, and kill."""
        said = await super().handle_DATA(server, session, envelope)
        if self.victim is not None:
            self.victim.send_signal(signal.SIGKILL)
            await self.victim.wait()
        return said


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with Killing() as catcher:
        yield catcher


async def test_the_mail_is_sent_again_with_the_same_message_id_at_most(
    coordinator: Coordinator, referrals: Referrals, tmp_path: Path
) -> None:
    assert isinstance(coordinator.catcher, Killing)
    await coordinator.service.deliver(a_contact(), a_seat())
    url = coordinator.service.service.settings.database_url.get_secret_value()
    told = settings_for(url, **own_settings(referrals, coordinator.catcher))
    environment = {f"MOTESPLATS_{name.upper()}": str(value) for name, value in told.items()}
    coordinator.catcher.victim = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.coordinator.one_step", NOON.isoformat(), str(tmp_path)),
        env={**os.environ, **environment},
    )
    assert await coordinator.catcher.victim.wait() == -signal.SIGKILL
    coordinator.catcher.victim = None
    assert len(coordinator.catcher.messages) == 1
    assert await coordinator.service.names() == []
    assert (await coordinator.state())["state"] == "reserved"
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    first, second = coordinator.catcher.messages
    assert first.message_id == second.message_id
    (notified,) = await coordinator.service.announced(ContactNotified)
    assert notified.key == str(REFERRAL)
