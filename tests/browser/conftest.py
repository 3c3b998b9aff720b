"""Debian's Chromium against all of Mötesplats on one machine. Without it skips, saying so, and fails in CI."""

import os
import shutil
from collections.abc import AsyncIterator
from itertools import count

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from services.one_machine import one_machine
from tests.browser.stage import Stage
from tests.journeys.people import Centre, Town
from tests.journeys.world import Time, World
from tests.support.needed import without

CENTRE = "her:0099001"
_numbers = count(1)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        without("Chromium", "there is no Chromium: apt-get install chromium")
    async with async_playwright() as playwright:
        # Chromium's sandbox does not work for root, and what it is shown here is ours.
        options = ["--disable-lcd-text", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = await playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def world(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:  # noqa: ARG001 - without a browser nothing is started
    time = Time()
    async with (
        one_machine(tmp_path_factory.mktemp("browser"), centres=[CENTRE], clock=time) as machine,
        httpx.AsyncClient(base_url=machine.url, trust_env=False, follow_redirects=True, timeout=60) as http,
    ):
        yield World(machine, http, time)


@pytest.fixture(params=["sv", "nb", "en"])
async def stage(request: pytest.FixtureRequest, world: World) -> Stage:
    """A town of the test's own whose coordinator and contact functions read the language, on an ordinary day."""
    await world.begins()
    language: str = request.param
    code = f"{'SE' if language == 'sv' else 'NO'}-77{next(_numbers):02}"
    return Stage(Town(world, code), Centre(world, CENTRE), language)
