from datetime import UTC, date, datetime

import pytest

from services.coordinator.domain.working_days import AnswerTime, is_working_day, working_day_after


@pytest.mark.parametrize(
    ("country", "day", "off_because"),
    [
        ("SE", "2026-06-19", "midsummer eve"),
        ("SE", "2026-06-20", "midsummer day"),
        ("SE", "2025-06-06", "national day"),
        ("SE", "2026-01-06", "epiphany"),
        ("SE", "2025-12-24", "Christmas eve"),
        ("SE", "2025-12-31", "New Year's eve"),
        ("SE", "2025-03-15", "Saturday"),
        ("SE", "2025-03-16", "Sunday"),
        ("NO", "2025-04-17", "Maundy Thursday"),
        ("NO", "2024-05-17", "constitution day"),
        ("NO", "2025-06-09", "Whit Monday"),
        ("NO", "2025-05-29", "Ascension day"),
    ],
)
def test_nobody_is_at_work(country: str, day: str, off_because: str) -> None:
    assert not is_working_day(date.fromisoformat(day), country), off_because


@pytest.mark.parametrize(
    ("country", "day", "at_work_because"),
    [
        ("NO", "2025-06-06", "the Swedish national day is none of Norway's"),
        ("NO", "2026-01-06", "epiphany is no day off in Norway"),
        ("SE", "2024-05-17", "the Norwegian constitution day is none of Sweden's"),
        ("SE", "2025-04-17", "Maundy Thursday is no day off in Sweden"),
        ("NO", "2025-12-24", "Christmas eve is a working day by law in Norway"),
    ],
)
def test_people_are_at_work(country: str, day: str, at_work_because: str) -> None:
    assert is_working_day(date.fromisoformat(day), country), at_work_because


@pytest.mark.parametrize(
    ("country", "day", "working_days", "expected"),
    [
        ("SE", "2025-03-12", 5, "2025-03-19"),  # over a weekend
        ("SE", "2025-03-14", 1, "2025-03-17"),  # a Friday
        ("SE", "2025-03-15", 1, "2025-03-17"),  # a Saturday
        ("NO", "2025-04-15", 5, "2025-04-25"),  # over Easter, with Maundy Thursday
        ("SE", "2025-04-15", 5, "2025-04-24"),  # over Easter, without it
        ("SE", "2025-12-23", 2, "2025-12-30"),  # over Christmas, from eve to Sunday
        ("SE", "2025-12-30", 1, "2026-01-02"),  # into the next year
    ],
)
def test_a_number_of_working_days_later(country: str, day: str, working_days: int, expected: str) -> None:
    assert working_day_after(date.fromisoformat(day), working_days, country) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("now", "municipality", "expected"),
    [
        ("2025-03-12T12:00:00", "NO-5501", "2025-03-19T22:59:59"),  # winter time
        ("2025-03-26T12:00:00", "SE-0180", "2025-04-02T21:59:59"),  # summer time begins meanwhile
        ("2025-03-12T23:30:00", "SE-0180", "2025-03-20T22:59:59"),  # the next day already, in Sweden
    ],
)
def test_an_answer_is_due_at_the_end_of_the_local_day(now: str, municipality: str, expected: str) -> None:
    ends = AnswerTime(5).ends(datetime.fromisoformat(now).replace(tzinfo=UTC), municipality)
    assert ends == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_in_a_demonstration_an_answer_is_due_in_seconds() -> None:
    now = datetime(2025, 3, 12, 12, tzinfo=UTC)
    assert (AnswerTime(5, seconds=1.5).ends(now, "NO-5501") - now).total_seconds() == 1.5


@pytest.mark.parametrize(
    ("notified_at", "municipality", "reminder", "deputy", "answer"),
    [
        ("2025-03-12T12:00", "NO-5501", "2025-03-14T12:00", "2025-03-17T12:00", "2025-03-19T22:59:59"),
        ("2025-04-16T12:00", "NO-5501", "2025-04-23T12:00", "2025-04-24T12:00", "2025-04-28T21:59:59"),
        ("2025-04-16T12:00", "SE-0180", "2025-04-22T12:00", "2025-04-23T12:00", "2025-04-25T21:59:59"),
        ("2025-03-12T02:00", "NO-5501", "2025-03-14T07:00", "2025-03-17T07:00", "2025-03-19T22:59:59"),
        ("2025-03-12T20:00", "NO-5501", "2025-03-14T15:00", "2025-03-17T15:00", "2025-03-19T22:59:59"),
    ],
    ids=["over a weekend", "over Easter in Norway", "over Easter in Sweden", "sent by night", "sent in the evening"],
)
def test_who_is_silent_is_reminded_then_the_deputy_is_asked_then_it_expires(
    notified_at: str, municipality: str, reminder: str, deputy: str, answer: str
) -> None:
    at = datetime.fromisoformat(notified_at).replace(tzinfo=UTC)
    time = AnswerTime(5)
    planned = time.reminder_at(at, municipality), time.deputy_at(at, municipality), time.ends(at, municipality)
    assert planned == tuple(datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (reminder, deputy, answer))


def test_in_a_demonstration_reminder_and_deputy_keep_their_share_of_the_seconds() -> None:
    now = datetime(2025, 3, 12, 12, tzinfo=UTC)
    time = AnswerTime(5, seconds=10)
    assert (time.reminder_at(now, "NO-5501") - now).total_seconds() == 4
    assert (time.deputy_at(now, "NO-5501") - now).total_seconds() == 6
