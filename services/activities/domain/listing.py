"""What is told of an activity beside how it fits. Never how many of its seats are taken."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Self
from uuid import UUID

from schemas.activities import ActivityPublished, Session
from schemas.parts import WeeklyTime
from schemas.vocabulary import DAYS, Category, Day, Mode
from services.activities.domain.hours import week_time
from services.activities.domain.matching import Cost, WeekTime

WEEK = 7


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """An activity as proposals and notices tell it.

    Two are equal when they are the same object, so that what is told of one is quickly found again.
    """

    activity_id: UUID
    name: str
    organiser_name: str
    place_name: str | None
    address: str | None
    municipality: str
    contact_id: UUID | None
    mode: Mode
    sessions: tuple[Session, ...]
    categories: tuple[Category, ...]
    languages: tuple[str, ...]
    cost: Cost | None
    maximum: int | None

    @classmethod
    def of(cls, published: ActivityPublished) -> Self:
        """Return the listing of an activity."""
        place = published.place
        return cls(
            activity_id=published.activity_id,
            name=published.name,
            organiser_name=published.organiser.name,
            place_name=place.name if place else None,
            address=place.address if place else None,
            municipality=published.municipality,
            contact_id=published.contact_id,
            mode=published.mode,
            sessions=published.sessions,
            categories=published.categories,
            languages=published.languages,
            cost=None if published.cost is None else Cost(published.cost.amount, published.cost.currency),
            maximum=published.seats.maximum,
        )

    def next_session(self, on: date, free_times: tuple[WeekTime, ...] = ()) -> WeeklyTime | None:
        """Return when it is held next, on the day or later, wholly inside one of the times if there are any.

        None by appointment.
        """
        return _next_session(self, on, free_times)

    def days(self, on: date) -> set[Day]:
        """Return the days of the week on which it is held, on the day or later."""
        return {session.day for session in self.sessions if _next_day(session, on)}


@lru_cache(maxsize=10_000)  # asked for every proposal, and most answers are the same all day
def _next_session(listing: Listing, on: date, free_times: tuple[WeekTime, ...]) -> WeeklyTime | None:
    fitting = [session for session in listing.sessions if not free_times or _lies_in(session, free_times)]
    coming = [(day, session) for session in fitting if (day := _next_day(session, on))]
    if not coming:
        return None
    _, session = min(coming, key=lambda at: (at[0], at[1].from_))
    return WeeklyTime(day=session.day, from_=session.from_, to=session.to)


def _lies_in(session: Session, times: tuple[WeekTime, ...]) -> bool:
    held = week_time(session.day, session.from_, session.to)
    return any(start <= held.start and held.end <= end for start, end in times)


def _next_day(session: Session, on: date) -> date | None:
    """Return the session's next day; weekly where nothing says which of its weeks is the first."""
    try:
        day = _weekday_from(session, max(on, session.first_on or on))
        if session.first_on:
            first, period = _weekday_from(session, session.first_on), WEEK * session.every_weeks
            day = first + timedelta(days=-(-(day - first).days // period) * period)
    except OverflowError:  # after the year 9999
        return None
    return day if session.last_on is None or day <= session.last_on else None


def _weekday_from(session: Session, start: date) -> date:
    return start + timedelta(days=(DAYS.index(session.day) - start.weekday()) % WEEK)
