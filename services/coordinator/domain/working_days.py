"""When an answer, a reminder or a deputy is due, in working days. Never what day it is."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from services.working_days import is_working_day, local_day, working_day_after, zone_of

__all__ = ["CLOSES", "OPENS", "AnswerTime", "is_working_day", "local_day", "working_day_after", "zone_of"]

OPENS, CLOSES = time(8), time(16)


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """How long a contact function has to answer, and after how long it is reminded and its deputy asked.

    All in working days; the day of the notice does not count. With `seconds` an answer is due so soon instead, and
    the others keep their share of it.
    """

    working_days: int
    reminder_after: int = 2
    deputy_after: int = 3
    seconds: float | None = None

    def as_set(self, reminder_after: int | None, deputy_after: int | None, answer_within: int | None) -> "AnswerTime":
        """Return the time as a municipality has set it, all or nothing."""
        if reminder_after is None or deputy_after is None or answer_within is None:
            return self
        return replace(self, working_days=answer_within, reminder_after=reminder_after, deputy_after=deputy_after)

    def ends(self, now: datetime, municipality: str) -> datetime:
        """Return the last second (UTC) of the last working day, local to the municipality."""
        if self.seconds is not None:
            return now + timedelta(seconds=self.seconds)
        return _at(_day_after(now, self.working_days, municipality), time(23, 59, 59), municipality)

    def of_deputy_ends(self, now: datetime, municipality: str) -> datetime:
        """Return until when a deputy who is asked now may answer (UTC): what is left of the time after their turn."""
        left = max(self.working_days - self.deputy_after, 1)
        return replace(self, working_days=left, seconds=self._share_of(left)).ends(now, municipality)

    def reminder_at(self, notified_at: datetime, municipality: str) -> datetime:
        """Return when whoever was notified then is reminded (UTC)."""
        return self._within_office_hours(notified_at, self.reminder_after, municipality)

    def deputy_at(self, notified_at: datetime, municipality: str) -> datetime:
        """Return when the deputy of whoever was notified then is asked (UTC)."""
        return self._within_office_hours(notified_at, self.deputy_after, municipality)

    def _within_office_hours(self, notified_at: datetime, working_days: int, municipality: str) -> datetime:
        """Return the same time of day, but from eight to four, so many working days later."""
        if (seconds := self._share_of(working_days)) is not None:
            return notified_at + timedelta(seconds=seconds)
        local = notified_at.astimezone(zone_of(municipality)).time()
        day = _day_after(notified_at, working_days, municipality)
        return _at(day, min(max(local, OPENS), CLOSES), municipality)

    def _share_of(self, working_days: int) -> float | None:
        return None if self.seconds is None else self.seconds * working_days / self.working_days


def _day_after(now: datetime, working_days: int, municipality: str) -> date:
    return working_day_after(local_day(now, municipality), working_days, municipality[:2])


def _at(day: date, at: time, municipality: str) -> datetime:
    return datetime.combine(day, at, zone_of(municipality)).astimezone(UTC)
