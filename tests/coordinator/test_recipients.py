from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.coordinator.domain.notice import (
    ATTEMPTS_UNTIL_HEARD_OF,
    PATIENCE,
    Address,
    Due,
    Later,
    Recipient,
    Unreachable,
    is_given_up,
    next_attempt,
    recipient_of,
)

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
CONTACT, COORDINATOR = Address("walk@mote.example", "sv"), Address("coordinator@mote.example", "nb")
CONTACT_ID = UUID(int=3)


def due(
    *,
    contact_id: UUID | None = CONTACT_ID,
    is_known: bool = True,
    contact: Address | None = None,
    coordinator: Address | None = COORDINATOR,
    attempts: int = 1,
) -> Due:
    return Due(UUID(int=1), 1, "NO-5501", contact_id, {}, 1, NOW, attempts, is_known, contact, coordinator)


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        (due(contact=CONTACT), Recipient(CONTACT, CONTACT_ID)),
        (due(contact_id=None, is_known=False), Recipient(COORDINATOR, None)),
        (due(), Recipient(COORDINATOR, None)),
        (due(is_known=False), Later()),
        (due(is_known=False, attempts=ATTEMPTS_UNTIL_HEARD_OF + 1), Recipient(COORDINATOR, None)),
        (due(coordinator=None), Unreachable("no_contact", None)),
        (due(contact_id=None, is_known=False, coordinator=None), Unreachable("no_contact", None)),
    ],
    ids=[
        "the contact function",
        "without one the coordinator",
        "the coordinator also for one without e-mail, or removed",
        "one that we have not heard of may still come",
        "but not for ever",
        "nobody, if there is no coordinator either",
        "nobody at all",
    ],
)
def test_who_is_asked(notice: Due, expected: Recipient | Later | Unreachable) -> None:
    assert recipient_of(notice) == expected


def test_pauses_grow_and_never_end() -> None:
    pauses = [(next_attempt(attempts, NOW) - NOW).total_seconds() for attempts in (1, 2, 3, 4, 5, 6, 7, 100)]
    assert pauses == [1, 2, 5, 15, 60, 300, 300, 300]


def test_a_mailbox_that_says_later_is_given_up_after_two_days() -> None:
    assert not is_given_up(NOW, NOW + PATIENCE)
    assert is_given_up(NOW, NOW + PATIENCE + timedelta(seconds=1))
