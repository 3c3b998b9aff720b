from services.runtime.migrations import differences
from tests.conftest import MakeDatabase


async def test_tables_and_migrations_agree(database: MakeDatabase) -> None:
    assert await differences(await database("coordinator"), "coordinator") == []
