from services.runtime.migrations import differences, upgrade
from tests.conftest import MakeDatabase


async def test_migrations_lead_to_the_tables_of_the_models(database: MakeDatabase) -> None:
    url = await database()
    await upgrade(url, "activities")

    assert await differences(url, "activities") == []
