"""Which of the referrals that nothing fitted an activity could help, found by an index. Never a match.

What is asked here is asked of all that wait in a municipality, so it is a coarse sieve: it lets through all
whom the activity fits and some whom it does not. Matching decides, one referral at a time.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from schemas.activities import ActivityPublished
from schemas.referral import ReferralReceived
from services.activities.store.documents import WHOLE, WITHDRAWN, published_of
from services.runtime.connection import Connection
from services.runtime.handling import Deadline, Delivery
from services.runtime.transaction import Transaction

TRY_AGAIN: Final = "try_again"
"""Kind of deadline; its key is the referral's id."""
STOP_TRYING: Final = "stop_trying"
"""Likewise."""
ACTIVITY_CHANGED: Final = "activity_changed"
"""Kind of deadline; its key is `<activity_id>/waiting`: a referral may bear the same id."""
AGREEMENT_BEGINS: Final = "agreement_begins"
"""Likewise. A kind of its own, so that it never takes the place of a change that is still to be looked at."""
SESSIONS_END: Final = "sessions_end"
"""Likewise."""
OF_ACTIVITY: Final = (ACTIVITY_CHANGED, AGREEMENT_BEGINS, SESSIONS_END)
OF_REFERRAL: Final = (TRY_AGAIN, STOP_TRYING)

_ACTIVITIES = text(
    f"select {WHOLE} from activity a join seats s using (activity_id) "
    f"where a.activity_id = any(:ids) and a.status <> '{WITHDRAWN}'"
)
_PUBLISHED = text(
    "select activity_id from activity where status = 'published' "
    "and (municipality = :municipality or strpos(document, '\"' || :municipality || '\"') > 0)"  # open to it, perhaps
)
_NEEDS = text("select referral_id, cast(needs as text) as needs from unmatched where referral_id = any(:ids)")
_COULD_BE_HELPED = text(
    # Each only once, however many activities could help it. The earth is a little smaller here than in matching, and
    # a cosine that rounding made too small is forgiven: whoever lies on the border must not be missed,
    # nor who named no distance: the municipality may have chosen another one meanwhile. Nobody may name one so small,
    # and no place lie so near the equator, that PostgreSQL raises an underflow, for all who wait.
    "select distinct on (referral_id) referral_id, a.activity_id "
    "from jsonb_to_recordset(cast(:activities as jsonb)) as a(activity_id uuid, serves text[], mode text, "
    "  latitude float, longitude float, min_age int, max_age int, only_for text, languages text[], access jsonb) "
    "join unmatched on municipality = any(a.serves) "
    "where (needs->'modes' = '[]' or needs->'modes' ? a.mode) "
    "and (a.latitude is null or needs->'names_distance' = 'false' "
    "  or sind(a.latitude) * sind(cast(needs->'area'->>'latitude' as float)) "
    "  + cosd(a.latitude) * cosd(cast(needs->'area'->>'latitude' as float)) "
    "  * cosd(a.longitude - cast(needs->'area'->>'longitude' as float)) "
    "  >= cos(least(greatest(cast(needs->>'max_distance_km' as float), 1e-6) / 6371, pi())) - 1e-12) "
    "and cast(needs->>'age' as int) between coalesce(a.min_age, 0) and coalesce(a.max_age, 200) "
    "and coalesce(a.only_for, needs->>'gender') = needs->>'gender' "
    "and (needs->'languages' = '[]' or a.languages = '{}' or needs->'languages' ?| a.languages) "
    "and needs->'access_needs' <@ a.access "
    "order by referral_id"
)
ONLY_FOR: Final = {"everyone": None, "women": "woman", "men": "man"}


def look_who_waits(tx: Transaction, activity_id: UUID) -> None:
    """Have those who wait looked through once this is committed.

    Not here and now: what another transaction is just about to write cannot be seen yet.
    """
    look_later(tx, activity_id, ACTIVITY_CHANGED, tx.now)


def look_later(tx: Transaction, activity_id: UUID, kind: str, when: datetime) -> None:
    """Have those who wait looked through at a time when an agreement begins, or the sessions end."""
    tx.set_deadline(kind, f"{activity_id}/waiting", when)


async def look_who_waits_for_any(tx: Transaction, municipality: str) -> None:
    """Have those who wait looked through for all that serves the municipality: what it chose may open some of it."""
    for activity_id in await tx.connection.scalars(_PUBLISHED, {"municipality": municipality}):
        look_who_waits(tx, activity_id)


def due_ids(deliveries: Iterable[Delivery], *kinds: str) -> set[UUID]:
    """Return what the deadlines of these kinds are about."""
    dues = [each.event for each in deliveries if isinstance(each.event, Deadline)]
    return {id_of(due) for due in dues if due.kind in kinds}


def id_of(due: Deadline) -> UUID:
    """Return the referral or the activity of a deadline's key."""
    return UUID(due.key.partition("/")[0])


async def load_activities(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, ActivityPublished]:
    """Return those of the activities that there are, as they are."""
    rows = await connection.execute(_ACTIVITIES, {"ids": list(ids)})
    return {activity.activity_id: activity for activity in map(published_of, rows)}


async def load_needs(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, ReferralReceived]:
    """Return the needs of those of the referrals that wait."""
    rows = await connection.execute(_NEEDS, {"ids": list(ids)})
    return {row.referral_id: ReferralReceived.model_validate_json(row.needs) for row in rows}


async def could_be_helped(
    connection: Connection, activities: Sequence[ActivityPublished]
) -> Mapping[UUID, Sequence[UUID]]:
    """Return by activity the referrals that it could help, each of them only once."""
    found: dict[UUID, list[UUID]] = {activity.activity_id: [] for activity in activities}
    asked = json.dumps([_sieve(activity) for activity in activities])
    for row in await connection.execute(_COULD_BE_HELPED, {"activities": asked}):
        found[row.activity_id].append(row.referral_id)
    return found


def _sieve(activity: ActivityPublished) -> dict[str, Any]:
    place, ages = activity.place, activity.ages
    return {
        "activity_id": str(activity.activity_id),
        "serves": [activity.municipality, *activity.open_to],
        "mode": activity.mode,
        "latitude": place and round(place.latitude, 12),
        "longitude": place and place.longitude,
        "min_age": ages and ages.min,
        "max_age": ages and ages.max,
        "only_for": ONLY_FOR[activity.audience],
        "languages": activity.languages,
        "access": activity.access,
    }
