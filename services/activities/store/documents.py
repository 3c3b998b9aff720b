"""How an activity lies in the database: a document, and beside it what SQL and matching need. Never what it means."""

from typing import Any

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
        "matched": matching.record_of(activity_of(published)),
        "sequence": activity.sequence,
    }


def record_of(matched: bytes, document: bytes | None) -> bytes:
    """Return the record that lies beside a document, made anew if it was written by another version.

    It spares a process that starts the reading of all documents.
    """
    if matched.startswith(matching.LAYOUT) or document is None:
        return matched
    return matching.record_of(activity_of(ActivityPublished.model_validate_json(document)))
