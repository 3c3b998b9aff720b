"""The Apache Kafka that all tests here run on."""

from collections.abc import AsyncIterator

import pytest

from tests.support.kafka import bootstrap


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Yield the bootstrap servers; topics of one test are seen by the next, so name them apart."""
    async with bootstrap(tmp_path_factory.mktemp("kafka")) as servers:
        yield servers
