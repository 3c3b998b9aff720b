"""The real servers that tests run on, one of each per test process, and fresh databases in them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest

from services.runtime.embedded.postgres import Postgres
from services.runtime.embedded.tansu import Tansu

MakeDatabase = Callable[[], Awaitable[str]]


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    """One PostgreSQL; it survives crashes of its own, and need not survive the machine's."""
    async with Postgres(tmp_path_factory.mktemp("postgres"), settings={"fsync": "off"}) as server:
        yield server


@pytest.fixture(scope="session")
async def tansu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tansu]:
    """One broker of the Kafka protocol; topics of one test are seen by the next, so name them apart."""
    async with Tansu(tmp_path_factory.mktemp("tansu") / "tansu.log") as broker:
        yield broker


_numbers = count(1)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[MakeDatabase]:
    """Make empty databases and return their URLs; they are dropped after the test."""
    names: list[str] = []

    async def make() -> str:
        name = f"test_{next(_numbers)}"
        names.append(name)
        return (await postgres.databases(name))[name]

    yield make
    for name in names:
        await postgres.drop_database(name)
