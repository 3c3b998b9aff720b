"""The rival: the same rules and ranking as one query of PostgreSQL, prepared, its places in a GiST index."""

from collections.abc import Iterable, Sequence
from time import perf_counter

import asyncpg
from sqlalchemy import make_url

from bench import made
from bench.figures import Figures, figure
from services.activities.domain.matching import Activity, Need, Position
from services.activities.domain.matching.columns import CATEGORY_BIT, share_free
from services.activities.domain.matching.geography import chord_of, vectors
from services.activities.domain.matching.rules import MICROMETRE, ONLY_FOR
from services.activities.domain.matching.terms import bits_of

TABLE = """
create extension cube;
create extension btree_gist;
create table serving (
  municipality text, activity_id text, mode text, xyz float[],
  at cube generated always as (cube(xyz)) stored, status text, voluntary bool, agreed_from date,
  agreed_to date, verified_on date, categories bigint, languages text[], access text[], sessions int4range[],
  min_age int, max_age int, only_for text, seats float, cost numeric, currency text, peer_led bool, group_size text
)
"""
INDEXES = """
create index on serving using gist (municipality, at) where mode = 'place';
create index on serving (municipality) where mode <> 'place';
vacuum analyze serving
"""
FITS = """
  municipality = $1 and status = 'published' and (not voluntary or $2 between agreed_from and agreed_to)
  and verified_on >= $2 - 180
  and $5 between min_age and max_age and (only_for is null or only_for = $6)
  and ($7::text[] is null or languages is null or languages && $7) and access @> $8
  and ($9::int4range[] is null or sessions = '{}'
    or exists (select from unnest(sessions) s, unnest($9) free where s <@ free))
  and ($10::numeric is null or cost is null or currency = $11 and cost <= $10) and seats > 0
"""
QUERY = f"""
with fitting as (
  select *, 2 * 6371.0088 * asin(least(1, cube_distance(at, cube($3::float[])) / 2)) as km
  from serving where mode = 'place' and at <@ cube_enlarge(cube($3::float[]), $4, 3)
  and cube_distance(at, cube($3::float[])) <= $4 and {FITS}
  union all
  select *, 0 from serving where mode <> 'place' and {FITS}
)
select activity_id from (
  select activity_id,
    0.45 * (case when $12::bigint = 0 or categories & $12 = 0 and categories & $13 <> 0 then 0.5
                 when categories & $12 <> 0 then 1 else 0 end)
    + 0.20 * (1 - least(1, km / $14))
    + 0.10 * (case when $9 is null or sessions = '{{}}' then 1 else
        (select count(distinct s) from unnest(sessions) s, unnest($9) free where s <@ free)::float
        / cardinality(sessions) end)
    + 0.10 * (case when $15::bool is null and $16::text is null then 1 else
        (coalesce((peer_led = $15)::int, 0) + coalesce((group_size = $16)::int, 0))::float
        / (($15 is not null)::int + ($16 is not null)::int) end)
    + 0.10 * seats + 0.05 * (1 - greatest(0, $2 - verified_on) / 180.0::float) as score
  from fitting
) scored order by round(score::numeric, 9) desc, activity_id limit 5
"""
COLUMNS = (
    *("municipality", "activity_id", "mode", "xyz", "status", "voluntary", "agreed_from", "agreed_to", "verified_on"),
    *("categories", "languages", "access", "sessions", "min_age", "max_age", "only_for", "seats", "cost", "currency"),
    *("peer_led", "group_size"),
)
OLDEST = 200
ONLY = dict(ONLY_FOR)


async def measure(
    url: str, activities: Sequence[Activity], needs: Sequence[Need], ours: Sequence[list[str]]
) -> Figures:
    """Return `sql_match_per_s_100k`; it must propose what we propose."""
    address = make_url(url)
    connection = await asyncpg.connect(
        host=address.query["host"], user=address.username, database=address.database, server_settings={"jit": "off"}
    )
    await connection.execute(TABLE)
    await connection.copy_records_to_table("serving", columns=COLUMNS, records=rows(activities))
    for statement in INDEXES.split(";"):
        await connection.execute(statement)
    query = await connection.prepare(QUERY)
    asked = [values(need) for need in needs]
    for each in asked[:50]:
        await query.fetch(*each)
    started = perf_counter()
    found = [[row[0] for row in await query.fetch(*each)] for each in asked]
    rate = len(needs) / (perf_counter() - started)
    assert found == list(ours)
    await connection.close()
    of = {
        "referrals": len(needs),
        "activities": len(activities),
        "index": "gist (municipality, cube)",
        "prepared": True,
    }
    return {"sql_match_per_s_100k": figure(rate, "referrals/s", **of)}


def rows(activities: Iterable[Activity]) -> Iterable[tuple[object, ...]]:
    """Return a row for each municipality that an activity serves."""
    for each in activities:
        agreement, cost = each.agreement, each.cost
        for municipality in each.serves:
            yield (
                *(municipality, each.activity_id, each.mode, xyz(each.position) if each.position else None),
                *(each.status, each.organiser_kind == "voluntary"),
                *(agreement.first if agreement else None, agreement.last if agreement else None, each.verified_on),
                sum(CATEGORY_BIT[category] for category in each.categories),
                *(list(each.languages) or None, list(each.access)),
                [asyncpg.Range(session.time.start, session.time.end) for session in each.sessions],
                *(each.min_age or 0, OLDEST if each.max_age is None else each.max_age, ONLY.get(each.audience)),
                share_free(each.maximum, each.taken),
                *(cost.amount if cost else None, cost.currency if cost else None, each.peer_led, each.group_size),
            )


def values(need: Need) -> tuple[object, ...]:
    """Return what the query asks for."""
    same, akin = bits_of(need.interests)
    free = [asyncpg.Range(start, end) for start, end in need.free_times]
    return (
        *(need.municipality, made.ON, xyz(need.area), chord_of(need.max_distance_km + MICROMETRE) ** 0.5, need.age),
        *(need.gender, list(need.languages) or None, list(need.access_needs), free or None),
        *(need.max_cost.amount if need.max_cost else None, need.max_cost.currency if need.max_cost else None),
        *(int(same), int(akin), need.max_distance_km, need.peer_led),
        None if need.group_size == "any" else need.group_size,
    )


def xyz(position: Position) -> list[float]:
    """Return the point on a globe of radius 1."""
    point: list[float] = vectors([position])[:, 0].tolist()
    return point
