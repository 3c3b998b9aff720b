"""One machine keeps its promises when it is started anew: all of it, or the broker under running services."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from services.demo.browser import Page
from services.demo.catalogue import catalogue
from services.demo.contact_functions import LINK
from services.demo.ledger import quiet
from services.demo.referrals import CENTRES, Request, referrals
from services.demo.stage import is_set, set_the_stage
from services.one_machine import OneMachine, one_machine
from services.runtime.embedded.mail import Mail
from tests.support.waiting import until

TODAY = datetime.now(UTC).date()
CATALOGUE = catalogue(1, TODAY)
REQUESTS = iter(referrals(1, 100, TODAY, over=("http",), policies=("best_match",), stories=()))


@asynccontextmanager
async def machine(folder: Path) -> AsyncIterator[OneMachine]:
    async with one_machine(folder, centres=[centre.id for centre in CENTRES]) as running:
        if not await is_set(running):
            await set_the_stage(running, CATALOGUE)
        await quiet(running)
        yield running


async def refer(running: OneMachine, request: Request) -> None:
    token = running.issuer.token("centre", centre=request.body["health_centre"])
    async with httpx.AsyncClient(base_url=running.url, headers={"Authorization": f"Bearer {token}"}) as http:
        assert (await http.post("/referral/requests", json=request.body)).status_code == httpx.codes.CREATED


async def notice_of_a_referral(running: OneMachine) -> Mail:
    """Refer people until somebody is told of one: not everybody finds something."""
    for request in REQUESTS:
        before = running.catcher.received
        await refer(running, request)
        await quiet(running)
        if await is_invited(running, request):
            return await running.catcher.next_mail(after=before)
    raise AssertionError


async def is_invited(running: OneMachine, request: Request) -> bool:
    """Tell whether the referral found something, when it is known."""

    async def state() -> str:
        token = running.issuer.token("coach", centre=request.body["health_centre"])
        async with httpx.AsyncClient(base_url=running.url, headers={"Authorization": f"Bearer {token}"}) as http:
            read = await http.get(f"/referral/referrals/{request.body['referral_id']}")
        found: str = read.json()["state"]
        return "" if found in ("received", "chosen") else found

    return await until(state) == "invited"


async def test_an_answer_link_outlives_a_stop_and_the_data_do_too(tmp_path: Path) -> None:
    async with machine(tmp_path) as first:
        link = LINK.search((await notice_of_a_referral(first)).text)
        assert link
    async with machine(tmp_path) as second, httpx.AsyncClient(follow_redirects=True) as browser:
        assert second.catcher.received == 0
        url = re.sub(r"http://[^/]+", second.url, link.group())
        action, fields = Page((await browser.get(url)).text).filled_in({"answer": "accept"})
        accepted = await browser.post(f"{second.url}{action}", data=fields)
        assert accepted.status_code == httpx.codes.OK
        assert Page(accepted.text).filled_in({"visit": "attended"})
        assert await notice_of_a_referral(second)


async def test_a_broker_that_comes_back_empty_is_filled_again_and_nobody_is_told_twice(tmp_path: Path) -> None:
    async with machine(tmp_path) as running:
        await notice_of_a_referral(running)
        before = running.catcher.received
        await running.restart_broker()
        await notice_of_a_referral(running)
        assert running.catcher.received == before + 1
        assert len({mail.message_id for mail in running.catcher.messages}) == running.catcher.received
