"""The coordinator's day page and the coach's page of a question, as far as the answer pages' story reaches."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.looking import VIEWS, View, flaws, picture, window
from tests.browser.stage import QUESTION, Stage

pytestmark = pytest.mark.browser


async def test_the_day_fits_breaks_no_rule_of_wcag_and_its_buttons_solve(browser: Browser, stage: Stage) -> None:
    await stage.a_day()
    await stage.town.world.days_pass(1)
    for view in VIEWS:
        async with window(browser, view, cookies=[stage.coordinator]) as page:
            await page.goto(f"{stage.url}/coordinator/")
            assert await page.locator("ul.lines > li").count() >= 5, f"{view}"
            assert await flaws(page, view) == [], f"{view}"
            if view == View(320, scripts=False):
                await picture(page, f"day-{stage.language}")
    async with window(browser, View(320, scripts=False), cookies=[stage.coordinator]) as page:
        await page.goto(f"{stage.url}/coordinator/")
        for section in ("verifications", "agreements", "unreachable"):
            lines = page.locator(f"section[aria-labelledby={section}] li")
            before = await lines.count()
            if section == "unreachable":
                await lines.first.locator("input[type=email]").fill("ny@mote.example")
            await lines.first.locator("button").click()
            await page.wait_for_url(f"{stage.url}/coordinator/")
            if section != "unreachable":  # which is heard of by an event, a moment later
                await expect(lines).to_have_count(before - 1)


async def test_a_question_stands_on_the_coachs_page_and_is_answered_there(browser: Browser, stage: Stage) -> None:
    referral_id, _ = await stage.answered_question()
    for view in VIEWS:
        async with window(browser, view, cookies=[stage.coach]) as page:
            await page.goto(f"{stage.url}/referral/{referral_id}?language={stage.language}")
            assert QUESTION[stage.language] in await page.content()
            assert await flaws(page, view) == [], f"{view}"
            if view == View(320, scripts=False):
                await picture(page, f"coach-question-{stage.language}")
    async with window(browser, View(1280, scripts=False), cookies=[stage.coach]) as page:
        await page.goto(f"{stage.url}/referral/{referral_id}")
        await page.locator("textarea").fill("OK")
        await page.locator("form[action*='/questions/'] button").click()
        assert await page.locator("textarea").input_value() == "OK"


async def test_nobody_gets_to_the_day_without_signing_in(browser: Browser, stage: Stage) -> None:
    async with window(browser, VIEWS[0]) as page:
        await page.goto(f"{stage.url}/coordinator/")
        assert "/sign-in" in page.url
        assert await flaws(page, VIEWS[0]) == []
