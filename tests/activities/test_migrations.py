from typing import Any

from sqlalchemy import text

from services.runtime.migrations import differences, upgrade
from tests.activities.hearing import know
from tests.conftest import MakeDatabase
from tests.support.builders import a_session, an_activity
from tests.support.service_testing import UnderTest


async def test_migrations_lead_to_the_tables_of_the_models(database: MakeDatabase) -> None:
    url = await database()
    await upgrade(url, "activities")

    assert await differences(url, "activities") == []


async def deadlines(activities: UnderTest) -> list[dict[str, Any]]:
    return await activities.rows("select kind, key, due_at from deadline order by kind, key")


async def test_activities_that_were_there_before_end_with_their_last_session_too(activities: UnderTest) -> None:
    until_spring = [a_session(last_on="2025-03-20"), a_session("tue", last_on="2025-03-30")]
    await know(
        activities,
        an_activity(1, sessions=until_spring),
        an_activity(2, sessions=[*until_spring, a_session("wed")]),
        an_activity(3, sessions=[]),
        an_activity(4, sessions=[a_session(last_on="9999-12-31")]),
        an_activity(5, sessions=until_spring),
        an_activity(6, sessions=until_spring, status="draft"),
        an_activity(7, sessions=[a_session(last_on="2025-12-30")]),
    )
    await activities.handle()
    await know(activities, an_activity(5, sessions=until_spring, status="paused"))
    set_by_themselves = await deadlines(activities)
    assert len(set_by_themselves) == 3

    async with activities.service.transaction() as tx:
        await tx.connection.execute(text("delete from deadline where key not like '%7/waiting'"))
        await tx.connection.execute(text("update alembic_version set version_num = '0001'"))
    await upgrade(activities.service.engine.url.render_as_string(hide_password=False), "activities")

    assert await deadlines(activities) == set_by_themselves
