"""One machine keeps its promises when it is started anew: all of it, or the broker under running services."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

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
REQUESTS = iter(referrals(1, 100, TODAY, over=("http",), policies=("best_match",), stories=()))


@dataclass(frozen=True)
class StartedAgain:
    """A machine that was stopped and started again, and an answer link of its first life."""

    machine: OneMachine
    link: str


@pytest.fixture(scope="module")
async def again(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StartedAgain]:
    folder = tmp_path_factory.mktemp("machine")
    centres = [centre.id for centre in CENTRES]
    async with one_machine(folder, centres=centres) as machine:
        await set_the_stage(machine, catalogue(1, TODAY))
        await quiet(machine)
        link = LINK.search((await notice_of_a_referral(machine)).text)
    assert link
    async with one_machine(folder, centres=centres) as machine:
        yield StartedAgain(machine, link.group())


def signed_in(running: OneMachine, role: str, request: Request) -> httpx.AsyncClient:
    """Return a client of somebody of the centre that the request is from."""
    token = running.issuer.token(role, centre=request.body["health_centre"])
    return httpx.AsyncClient(base_url=running.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


async def refer(running: OneMachine, request: Request) -> None:
    async with signed_in(running, "centre", request) as http:
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
        async with signed_in(running, "coach", request) as http:
            read = await http.get(f"/referral/referrals/{request.body['referral_id']}")
        found: str = read.json()["state"]
        return "" if found in ("received", "chosen") else found

    return await until(state) == "invited"


async def test_the_data_outlive_a_stop_and_answer_links_do_too(again: StartedAgain) -> None:
    assert await is_set(again.machine)
    url = re.sub(r"http://[^/]+", again.machine.url, again.link)
    async with httpx.AsyncClient(base_url=again.machine.url, follow_redirects=True, timeout=60) as browser:
        action, fields = Page((await browser.get(url)).text).filled_in({"answer": "accept"})
        accepted = await browser.post(action, data=fields)
    assert accepted.status_code == httpx.codes.OK
    assert Page(accepted.text).filled_in({"visit": "attended"})


async def test_a_broker_that_comes_back_empty_is_filled_again_and_nobody_is_told_twice(again: StartedAgain) -> None:
    machine = again.machine
    await notice_of_a_referral(machine)
    before = machine.catcher.received
    await machine.restart_broker()
    await notice_of_a_referral(machine)
    assert machine.catcher.received == before + 1
    assert len({mail.message_id for mail in machine.catcher.messages}) == machine.catcher.received
