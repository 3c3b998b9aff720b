"""How an activity lies in the database: a document, and beside it what SQL and matching need. Never what it means."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pydantic_core import from_json, to_json

from schemas.activities import ActivityPublished, Seats
from services.activities.domain import matching
from services.activities.domain.keeping import Activity
from services.activities.wire import activity_of
from services.runtime.connection import Row

WHOLE = "a.document, s.maximum, s.taken"
"""The columns of `activity a` and `seats s` that make up the whole."""

WITHDRAWN = "withdrawn"
"""The status in the table, never in a document, of an activity that is no more; its id is kept."""


def published_of(row: Row) -> ActivityPublished:
    """Return the activity of a row that holds the whole; what the document says of seats is old."""
    seats = Seats(maximum=row.maximum, taken=row.taken)
    return ActivityPublished.model_validate_json(row.document).model_copy(update={"seats": seats})


def activity_row(activity: Activity, published: ActivityPublished) -> dict[str, Any]:
    """Return the row of an activity and its present state."""
    return {
        "activity_id": activity.activity_id,
        "municipality": published.municipality,
        "organiser_id": published.organiser.organiser_id,
        "place_id": published.place.place_id if published.place else None,
        "status": WITHDRAWN if activity.is_withdrawn else published.status,
        "name": published.name,
        "document": published.model_dump_json(by_alias=True),
        "matched": matched_text(activity_of(published)),
        "sequence": activity.sequence,
    }


# A process that starts reads all activities. Whole documents would take it three times as long.


def matched_text(activity: matching.Activity) -> str:
    """Return what matching reads of the activity beside its id, as JSON: a list in the order of its fields."""
    return to_json(activity[1:]).decode()


def matched_of(activity_id: str, text: str, maximum: int | None, taken: int) -> matching.Activity:
    """Return what matching reads of an activity: its `matched_text`, but for its seats, which are old there."""
    read = matching.Activity(activity_id, *from_json(text))
    return matching.Activity(
        *read[:5],
        frozenset(read.categories),
        read.group_size,
        read.audience,
        frozenset(read.open_to),
        read.position and matching.Position(*read.position),
        frozenset(read.languages),
        frozenset(read.access),
        tuple([_session(*time, last_on) for time, last_on in read.sessions]),
        read.min_age,
        read.max_age,
        maximum,
        taken,
        read.cost and _cost(*read.cost),
        read.peer_led,
        read.agreement and _period(*read.agreement),
        read.verified_on and _day(read.verified_on),
        read.organiser_id,
    )


@lru_cache(maxsize=10_000)
def _session(start: int, end: int, last_on: str | None) -> matching.Session:
    return matching.Session(matching.WeekTime(start, end), _day(last_on) if last_on else None)


@lru_cache(maxsize=10_000)
def _cost(amount: str, currency: str) -> matching.Cost:
    return matching.Cost(Decimal(amount), currency)


@lru_cache(maxsize=10_000)
def _period(first: str, last: str) -> matching.Period:
    return matching.Period(_day(first), _day(last))


@lru_cache(maxsize=10_000)
def _day(day: str) -> date:
    return date.fromisoformat(day)
