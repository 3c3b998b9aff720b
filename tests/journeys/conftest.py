"""One machine for all journeys; every story has a town, a health centre and a beginning of its own."""

from collections.abc import AsyncIterator
from itertools import count, cycle

import httpx
import pytest

from services.one_machine import one_machine
from tests.journeys.people import Centre, Town
from tests.journeys.world import Time, World

CENTRES = tuple(f"her:009{number:04}" for number in range(60))
_centres = cycle(CENTRES)
_towns = count(5601)


@pytest.fixture(scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    time = Time()
    async with (
        one_machine(tmp_path_factory.mktemp("journeys"), centres=CENTRES, clock=time) as machine,
        httpx.AsyncClient(base_url=machine.url, trust_env=False, follow_redirects=True, timeout=60) as http,
    ):
        yield World(machine, http, time)


@pytest.fixture(autouse=True)
async def on_an_ordinary_day(world: World) -> None:
    """Whatever the story before did to the time: where a day or a week ends, no story begins."""
    await world.begins()


@pytest.fixture
def centre(world: World) -> Centre:
    return Centre(world, next(_centres))


@pytest.fixture
def town(world: World) -> Town:
    return Town(world, f"NO-{next(_towns)}")
