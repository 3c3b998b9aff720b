"""The pages of an answer link, in every language, with and without JavaScript, on a phone and on a desk."""

from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from tests.browser.looking import VIEWS, View, flaws, picture, weight, window
from tests.browser.stage import Stage, never

pytestmark = pytest.mark.browser
DESK: Final = View(1280, scripts=True)
PHONE: Final = View(320, scripts=False)


async def accepted(stage: Stage) -> str:
    _, link = await stage.invite()
    await stage.post(link, answer="accept")
    return link


async def declined(stage: Stage) -> str:
    _, link = await stage.invite()
    await stage.post(link, answer="decline", reason="full")
    return link


async def withdrawn(stage: Stage) -> str:
    referral_id, link = await stage.invite()
    await stage.centre.withdraw(referral_id)
    await stage.centre.becomes(referral_id, "withdrawn")
    return link


async def visited(stage: Stage) -> str:
    link = await accepted(stage)
    await stage.post(f"{link}/visit", visit="attended")
    return link


async def opened(stage: Stage) -> str:
    return (await stage.invite())[1]


async def answered(stage: Stage) -> str:
    return (await stage.answered_question())[1]


async def unknown(stage: Stage) -> str:
    return stage.url + never()


async def given_up(stage: Stage) -> str:
    link = await opened(stage)
    await stage.hand_over(link)
    return link


async def taken_over(stage: Stage) -> str:
    return await stage.hand_over(await opened(stage))


async def as_it_is(page: Page) -> None:
    """Do nothing more."""


async def show_shared(page: Page) -> None:
    await page.locator("form[action$='/shared'] button").click()
    assert "Solveig" in await page.content()


async def show_answer(page: Page) -> None:
    await page.locator("form[action$='/questions'] button").click()
    assert await page.locator("dd").count() > 5


async def open_handover(page: Page) -> None:
    await page.locator("details:has(#away-until) summary").click()
    await page.locator("#away-until").focus()


async def count_walk_ins(page: Page) -> None:
    await page.locator("details:has(#walk-ins) summary").click()
    await page.locator("#walk-ins").fill("0")
    await page.locator("form[action$='/walk-ins'] button").click()
    await page.locator(".note[role=status]").wait_for()


PAGES: Final[dict[str, tuple[Callable[[Stage], Awaitable[str]], Callable[[Page], Awaitable[None]]]]] = {
    "invitation": (opened, as_it_is),
    "accepted": (accepted, as_it_is),
    "shared": (accepted, show_shared),
    "handing-over": (opened, open_handover),
    "given-up": (given_up, as_it_is),
    "taken-over": (taken_over, as_it_is),
    "counted": (accepted, count_walk_ins),
    "visited": (visited, as_it_is),
    "declined": (declined, as_it_is),
    "withdrawn": (withdrawn, as_it_is),
    "question": (answered, show_answer),
    "no-such-link": (unknown, as_it_is),
}


@pytest.mark.parametrize("name", PAGES)
async def test_every_page_fits_and_breaks_no_rule_of_wcag(browser: Browser, stage: Stage, name: str) -> None:
    prepare, then = PAGES[name]
    link = await prepare(stage)
    for view in VIEWS:
        for scheme in ("light", "dark") if view == DESK else ("light",):
            async with window(browser, view, scheme=scheme) as page:
                await page.goto(link)
                await then(page)
                assert await flaws(page, view) == [], f"{view}, {scheme}"
                if view == PHONE and (name != "no-such-link" or stage.language == "sv"):  # it has all languages
                    await picture(page, f"{name}-{stage.language}")


@pytest.mark.parametrize("prepare", [opened, accepted])
async def test_a_page_is_light_and_asks_nobody_else(
    browser: Browser, stage: Stage, prepare: Callable[[Stage], Awaitable[str]]
) -> None:
    link = await prepare(stage)
    async with window(browser, DESK) as page:
        asked, size = await weight(page, link)
    assert len(asked) <= 3
    assert {url.split("/")[2] for url in asked} == {stage.url.split("/")[2]}
    assert size < 30_000


@pytest.mark.parametrize("view", VIEWS, ids=str)
async def test_one_answers_by_keyboard_alone(browser: Browser, stage: Stage, view: View) -> None:
    _, link = await stage.invite()
    async with window(browser, view) as page:
        await page.goto(link)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.tagName") == "BUTTON"
        heading = await page.locator("h1").inner_text()
        await page.keyboard.press("Enter")
        await page.wait_for_url(link)
        await page.locator("form[action$='/shared']").wait_for()
        assert await page.locator("h1").inner_text() != heading


@pytest.mark.parametrize("view", [View(320, scripts=True), View(320, scripts=False)], ids=str)
async def test_one_hands_over_and_reads_what_was_done(browser: Browser, stage: Stage, view: View) -> None:
    link = await opened(stage)
    async with window(browser, view) as page:
        await page.goto(link)
        await open_handover(page)
        await page.locator("form[action$='/handover'] button").click()
        await page.locator("form").first.wait_for(state="detached")
        assert page.url == link
        assert await page.locator("main li").count() == 1


@pytest.mark.parametrize("view", [View(320, scripts=True), View(320, scripts=False)], ids=str)
async def test_a_decline_without_a_reason_is_not_sent_and_with_one_it_is(
    browser: Browser, stage: Stage, view: View
) -> None:
    referral_id, link = await stage.invite()
    async with window(browser, view) as page:
        await page.goto(link)
        decline = page.locator("form:has([value=decline]) button")
        await decline.click()
        assert await page.locator("input[name=reason]:invalid").count() == 4
        await page.locator("input[value=not_suitable]").check()
        await decline.click()
        await page.locator("form").first.wait_for(state="detached")
    await stage.centre.becomes(referral_id, "proposed")
