"""How an activity lies in the database: a document, and beside it what SQL needs. Never what it means."""

from typing import Any

from schemas.activities import ActivityPublished
from services.activities.domain.keeping import Activity

_SEATS = "jsonb_build_object('seats', jsonb_build_object('maximum', s.maximum, 'taken', s.taken))"
WHOLE = f"cast(a.document || {_SEATS} as text)"
"""The whole document as text, from `activity a` and `seats s`."""

WITHDRAWN = "withdrawn"
"""The status in the table, never in a document, of an activity that is no more; its id is kept."""


def activity_row(activity: Activity, published: ActivityPublished) -> dict[str, Any]:
    """Return the row of an activity and its present state."""
    return {
        "activity_id": activity.activity_id,
        "municipality": published.municipality,
        "organiser_id": published.organiser.organiser_id,
        "place_id": published.place.place_id if published.place else None,
        "status": WITHDRAWN if activity.is_withdrawn else published.status,
        "name": published.name,
        "document": published.model_dump(mode="json", by_alias=True, exclude={"seats"}),
        "sequence": activity.sequence,
    }
