"""What a health centre sees of its own referrals: the list, and all of one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from services.referral.heard import MatchingAnswer
from services.runtime.connection import Connection, Row

_LINE = (
    "referral.referral_id, pseudonym, municipality, state, waiting_on, since, received_at, "
    "nullif(choice, 0) as choice, activity_id, reason, outcome"
)
_LINES = text(
    f"select {_LINE} from referral join request using (referral_id) where referral.health_centre = :health_centre "
    "and (cast(:state as text) is null or state = :state) "
    "and (cast(:waiting_on as text) is null or waiting_on = :waiting_on) "
    "and (cast(:received_at as timestamptz) is null "
    "  or (received_at, referral.referral_id) < (:received_at, cast(:referral_id as uuid))) "
    "order by received_at desc, referral.referral_id desc limit :limit"
)
_ONE = text(
    f"select {_LINE}, policy, body, consent_given_on is not null as consented, announced "
    "from referral join request using (referral_id) "
    "where referral.referral_id = :referral_id and referral.health_centre = :health_centre"
)
_HISTORY = text(
    "select at, who, what, state, nullif(choice, 0) as choice, activity_id, reason from history "
    "where referral_id = :referral_id order by number"
)
_ANSWER = text("select answer from proposal where referral_id = :referral_id order by proposed_at desc limit 1")
_CONSENT = text(
    "select given_on, expires_on, share, purpose from consent where referral_id = :referral_id "
    "order by recorded_at desc limit 1"
)


async def lines(
    connection: Connection,
    health_centre: str,
    *,
    state: str | None,
    waiting_on: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Row]:
    """Return the centre's referrals, newest first, behind the one that `after` names."""
    received_at, referral_id = after or (None, None)
    return (
        (
            await connection.execute(
                _LINES,
                {
                    "health_centre": health_centre,
                    "state": state,
                    "waiting_on": waiting_on,
                    "received_at": received_at,
                    "referral_id": referral_id,
                    "limit": limit,
                },
            )
        )
        .mappings()
        .all()
    )


async def one(connection: Connection, referral_id: UUID, health_centre: str) -> Row | None:
    """Return the centre's referral with its request (JSON); None if it is not there, or another centre's."""
    named = {"referral_id": referral_id, "health_centre": health_centre}
    return (await connection.execute(_ONE, named)).mappings().one_or_none()


async def history_of(connection: Connection, referral_id: UUID) -> Sequence[Row]:
    """Return what happened, oldest first."""
    return (await connection.execute(_HISTORY, {"referral_id": referral_id})).mappings().all()


async def answer_of(connection: Connection, referral_id: UUID) -> MatchingAnswer:
    """Return what matching answered last; nothing where it did not answer yet."""
    found: str | None = await connection.scalar(_ANSWER, {"referral_id": referral_id})
    return MatchingAnswer() if found is None else MatchingAnswer.model_validate_json(found)


async def consent_of(connection: Connection, referral_id: UUID) -> Row | None:
    """Return the consent that was given last; `share` is a list."""
    return (await connection.execute(_CONSENT, {"referral_id": referral_id})).mappings().one_or_none()


async def choosable_ids(connection: Connection, referral_id: UUID) -> tuple[set[UUID], set[UUID]]:
    """Return which activities were proposed last, and which others one can wait for."""
    answer = await answer_of(connection, referral_id)
    proposed = {proposal.activity_id for proposal in answer.proposals}
    return proposed, set(answer.waitable) - proposed
