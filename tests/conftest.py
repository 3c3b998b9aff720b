"""The real servers that tests run on, one of each per test process, and fresh databases in them."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Protocol

import pytest
from hypothesis import settings

from services.runtime.embedded.postgres import Postgres
from services.runtime.embedded.tansu import Tansu
from services.runtime.migrations import upgrade
from tests.support.kafka import bootstrap
from tests.support.needed import SHARED

# A machine may be busy with something else: nothing is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
ENOUGH = 4 * 2**30

_numbers = count(1)
_migrated: set[str] = set()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what reads the shared data where the folder is absent; a file that is missing in it is an error."""
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        pytest.skip(f"there is no {SHARED}")


class MakeDatabase(Protocol):
    """Make a database, empty or a service's, and return its URL."""

    async def __call__(self, service: str | None = None) -> str:
        """Make it."""


@pytest.fixture(scope="session")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where files are quickest: in memory if the machine has enough of it, since databases are made by the thousand."""
    if MEMORY.is_dir() and disk_usage(MEMORY).free > ENOUGH:
        with TemporaryDirectory(dir=MEMORY, prefix="motesplats-tests-") as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("postgres")


@pytest.fixture(scope="session")
async def postgres(quick_folder: Path) -> AsyncIterator[Postgres]:
    """One PostgreSQL; it survives crashes of its own, and need not survive the machine's."""
    async with Postgres(quick_folder, settings={"fsync": "off", "max_wal_size": "256MB"}) as server:
        yield server


@pytest.fixture(scope="session")
async def tansu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tansu]:
    """One broker of the Kafka protocol; topics of one test are seen by the next, so name them apart."""
    async with Tansu(tmp_path_factory.mktemp("tansu") / "tansu.log") as broker:
        yield broker


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The bootstrap servers of an Apache Kafka; topics of one test are seen by the next, so name them apart."""
    async with bootstrap(tmp_path_factory.mktemp("kafka")) as servers:
        yield servers


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[MakeDatabase]:
    """Make databases, dropped after the test; a service's is migrated once and copied ever after."""
    names: list[str] = []

    async def make(service: str | None = None) -> str:
        name = f"test_{next(_numbers)}"
        names.append(name)
        if service is None:
            return (await postgres.databases(name))[name]
        template = f"migrated_{service}"
        if template not in _migrated:
            await upgrade((await postgres.databases(template))[template], service)
            _migrated.add(template)
        return await postgres.copy_database(template, name)

    yield make
    for name in names:
        await postgres.drop_database(name)
