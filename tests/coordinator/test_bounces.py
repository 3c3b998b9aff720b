from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from schemas.coordinator import ContactUnreachable
from services.runtime.embedded.mail import MailCatcher
from tests.coordinator.conftest import CONTACT, Coordinator, a_contact, a_seat


class Refusing(MailCatcher):
    """A mail server that refuses some addresses, and some for now."""

    refused: frozenset[str] = frozenset()
    deferred: frozenset[str] = frozenset()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse, or take."""
        if address in self.refused:
            return "550 no such mailbox"
        if address in self.deferred:
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 ok"


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    Refusing.refused = Refusing.deferred = frozenset()
    async with Refusing() as catcher:
        yield catcher


async def test_an_address_that_bounces_leaves_it_to_the_deputy_at_once(coordinator: Coordinator) -> None:
    Refusing.refused = frozenset({"tur@mote.example"})
    deputies = [{"name": "Kontoret", "email": "kontoret@mote.example"}]
    await coordinator.service.deliver(a_contact(deputies=deputies), a_seat(), a_seat(referral_id=UUID(int=11)))
    await coordinator.send_notices()
    assert Counter(mail.to[0] for mail in coordinator.catcher.messages) == {"kontoret@mote.example": 2}
    assert await coordinator.service.names() == ["ContactNotified"] * 2


async def test_a_function_whose_addresses_all_bounce_is_unreachable(coordinator: Coordinator) -> None:
    Refusing.refused = frozenset({"tur@mote.example"})
    await coordinator.service.deliver(a_contact(), a_seat())
    await coordinator.send_notices()
    (unreachable,) = await coordinator.service.announced(ContactUnreachable)
    assert (unreachable.event.contact_id, unreachable.event.reason) == (CONTACT, "mail_refused")
    Refusing.refused = frozenset()
    await coordinator.service.deliver(a_seat(referral_id=UUID(int=11)))
    await coordinator.send_notices()
    assert list(coordinator.catcher.messages) == []


async def test_a_reminder_that_a_mail_server_puts_off_is_tried_again_though_the_invitation_is_days_old(
    coordinator: Coordinator,
) -> None:
    await coordinator.invite()
    Refusing.deferred = frozenset({"tur@mote.example"})
    coordinator.service.clock.now += timedelta(days=2)
    await coordinator.send_notices()
    assert await coordinator.service.rows("select bounced from reader") == [{"bounced": []}]
    Refusing.deferred = frozenset()
    coordinator.service.clock.now += timedelta(seconds=5)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 2


async def test_who_says_later_for_a_day_is_not_written_to_again(coordinator: Coordinator) -> None:
    deputies = [{"name": "Kontoret", "email": "kontoret@mote.example"}]
    Refusing.deferred = frozenset({"tur@mote.example"})
    await coordinator.service.deliver(a_contact(deputies=deputies), a_seat())
    await coordinator.send_notices()
    await coordinator.tried_for_a_day()
    await coordinator.send_notices()
    assert [mail.to[0] for mail in coordinator.catcher.messages] == ["kontoret@mote.example"]
    assert await coordinator.service.rows("select bounced from reader") == [{"bounced": ["tur@mote.example"]}]
