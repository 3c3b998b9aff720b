from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.coordinator import ContactNotified
from services.coordinator.domain.pacing import Reader, digest_at, how_many_singly
from services.coordinator.sending import LEASE
from services.runtime.embedded.mail import MailCatcher
from tests.coordinator.conftest import (
    Coordinator,
    Referrals,
    a_contact,
    a_seat,
    not_written_down,
    own_settings,
    unmarked,
)
from tests.support.service_testing import NOON

THREE_HUNDRED = [UUID(int=1000 + n) for n in range(300)]


@pytest.mark.parametrize(
    ("hour_count", "new", "digest_only", "expected"),
    [
        (3, 3, False, 3),
        (10, 5, False, 5),
        (12, 5, False, 3),
        (300, 300, False, 10),
        (310, 10, False, 0),
        (1, 1, True, 0),
    ],
)
def test_how_many_go_out_one_by_one(hour_count: int, new: int, expected: int, *, digest_only: bool) -> None:
    assert how_many_singly(Reader(NOON, hour_count, digest_only), new, 10) == expected


@pytest.mark.parametrize(
    ("now", "digest_only", "expected"),
    [
        ("2025-03-12T12:20", False, "2025-03-12T13:00"),
        ("2025-03-12T12:20", True, "2025-03-13T07:00"),
        ("2025-03-12T06:20", True, "2025-03-12T07:00"),
        ("2025-03-14T12:20", True, "2025-03-17T07:00"),
        ("2025-04-16T12:20", True, "2025-04-22T06:00"),
    ],
    ids=["when the hour is over", "tomorrow morning", "this morning", "on Monday", "after Easter"],
)
def test_when_the_digest_comes(now: str, expected: str, *, digest_only: bool) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = digest_at(Reader(NOON, 10, digest_only), at, "NO-5501")
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.fixture
def own(referrals: Referrals, catcher: MailCatcher) -> dict[str, Any]:
    return own_settings(referrals, catcher, notices_per_hour=10, smtp_connections=1)


async def test_three_hundred_notices_in_a_minute_become_a_few_mails_and_a_digest(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact())
    for second in range(60):
        coordinator.service.clock.now = NOON + timedelta(seconds=second)
        await coordinator.service.deliver(
            *(a_seat(referral_id=one) for one in THREE_HUNDRED[second * 5 : second * 5 + 5])
        )
        await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 10
    assert len(await coordinator.service.announced(ContactNotified)) == 10
    coordinator.service.clock.now = NOON + timedelta(hours=1)
    await coordinator.send_notices()
    digest = coordinator.catcher.messages[-1]
    assert len(coordinator.catcher.messages) == 11
    assert digest.subject == "290 nyheter om aktivitetene deres"
    links = [line for line in digest.text.splitlines() if "/coordinator/answer/" in line]
    assert len(set(links)) == 290
    assert len(await coordinator.service.announced(ContactNotified)) == 300
    async with coordinator.service.client() as client:
        assert (await client.get(links[-1])).status_code == 200


async def test_another_hour_has_its_own_notices(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), *(a_seat(referral_id=one) for one in THREE_HUNDRED[:10]))
    await coordinator.send_notices()
    coordinator.service.clock.now += timedelta(hours=1)
    await coordinator.service.deliver(*(a_seat(referral_id=one) for one in THREE_HUNDRED[10:20]))
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 20


async def test_a_digest_that_is_sent_again_is_the_same_mail(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), *(a_seat(referral_id=one) for one in THREE_HUNDRED[:30]))
    await coordinator.send_notices()
    coordinator.service.clock.now += timedelta(hours=1)
    (sending,) = [loop.step.__self__ for loop in coordinator.service.service._loops if loop.name == "notifier"]  # type: ignore[attr-defined]  # a bound method
    await not_written_down(coordinator, sending)
    await unmarked(coordinator)
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    first, second = list(coordinator.catcher.messages)[10:]
    assert (first.message_id, first.text) == (second.message_id, second.text)
    assert len(await coordinator.service.announced(ContactNotified)) == 30


async def test_a_mail_server_that_is_away_for_six_hours_loses_nothing_and_gets_all_in_order(
    coordinator: Coordinator,
) -> None:
    await coordinator.catcher.stop()
    functions = [UUID(int=500 + n) for n in range(36)]
    for n, function in enumerate(functions):
        contact = a_contact(contact_id=function, email=f"{n}@mote.example")
        await coordinator.service.deliver(contact, a_seat(referral_id=THREE_HUNDRED[n], contact_id=function))
        await coordinator.send_notices()
        coordinator.service.clock.now += timedelta(minutes=10)
    assert await coordinator.service.announced(ContactNotified) == []
    await coordinator.catcher.start()
    coordinator.service.clock.now += timedelta(minutes=5)
    await coordinator.send_notices()
    assert [mail.to[0] for mail in coordinator.catcher.messages] == [f"{n}@mote.example" for n in range(36)]
    assert len(await coordinator.service.announced(ContactNotified)) == 36
