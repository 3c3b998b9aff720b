"""Activities that were stated before lines ended with the last session: what a change of each would set on the clock.

The day after the last of its sessions, at the hour at which a day begins there. Where that is over, at once.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "insert into deadline (kind, key, due_at) "
        "select 'sessions_end', activity_id || '/waiting', "
        "cast(max(last_on) + 1 as timestamp) at time zone 'Europe/Stockholm' "
        "from activity, jsonb_to_recordset(cast(document as jsonb) -> 'sessions') as session (last_on date) "
        "where status in ('published', 'paused') group by activity_id "
        "having count(last_on) = count(*) and max(last_on) < '9999-12-31' "
        "on conflict do nothing"
    )
