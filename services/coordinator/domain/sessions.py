"""When an activity meets next. Never how that is said or sent."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from schemas.vocabulary import DAYS

WEEK: Final = 7


def next_session(sessions: Iterable[Mapping[str, Any]], today: date) -> tuple[datetime, datetime] | None:
    """Return when the next session after today begins and ends, local to the municipality, of what SeatReserved says.

    None where there is none any more, or where we cannot know: by appointment, or every so many weeks from no day.
    """
    found = [(day, session) for session in sessions if (day := _known_day(session, today + timedelta(days=1)))]
    if not found:
        return None
    day, session = min(found, key=lambda one: (one[0], one[1]["from"]))
    return tuple(datetime.combine(day, time.fromisoformat(session[at])) for at in ("from", "to"))  # type: ignore[return-value]  # two


def _known_day(session: Mapping[str, Any], earliest: date) -> date | None:
    try:
        return _next_day(session, earliest)
    except OverflowError:  # beyond the calendar's end
        return None


def _next_day(session: Mapping[str, Any], earliest: date) -> date | None:
    weeks = session["every_weeks"]
    first = date.fromisoformat(session["first_on"]) if session["first_on"] else None
    last = date.fromisoformat(session["last_on"]) if session["last_on"] else date.max
    if first is None and weeks > 1:
        return None
    begins = _on_weekday(session, first or earliest)
    if begins < earliest:
        step = WEEK * weeks
        begins += timedelta(days=-(-(earliest - begins).days // step) * step)
    return begins if begins <= last else None


def _on_weekday(session: Mapping[str, Any], day: date) -> date:
    return day + timedelta(days=(DAYS.index(session["day"]) - day.weekday()) % WEEK)
