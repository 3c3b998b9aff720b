"""The coach's pages, in every language, with and without JavaScript, on a phone and on a desk."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.looking import VIEWS, View, flaws, picture, window
from tests.browser.stage import Stage

pytestmark = pytest.mark.browser
ACCEPTED = {"sv": "sv-SE,sv;q=0.9", "nb": "nb-NO,nb;q=0.9", "en": "en-GB"}
PHONE = View(320, scripts=False)
DESK = View(1280, scripts=True)
ASKED = {"latitude": "69,65", "longitude": "18,96", "age": "67", "wishes": "Turgåing"}


async def test_every_page_of_the_coach_fits_and_breaks_no_rule_of_wcag(browser: Browser, stage: Stage) -> None:
    await stage.open_walk()
    referral_id = await stage.centre.refer(stage.town, wishes="Turgåing og korsang")
    await stage.centre.becomes(referral_id, "proposed")
    pages = {"referrals": "/", "referral": f"/{referral_id}", "what-fits": "/what-fits"}
    for view in VIEWS:
        headers = {"Accept-Language": ACCEPTED[stage.language]}
        async with window(browser, view, cookies=[stage.coach], headers=headers) as page:
            for name, path in pages.items():
                await page.goto(f"{stage.url}/referral{path}")
                assert await page.locator("html").get_attribute("lang") == stage.language
                assert await flaws(page, view) == [], f"{name}, {view}"
                if view == PHONE:
                    await picture(page, f"coach-{name}-{stage.language}")
            if view in (PHONE, DESK):
                await _ask(page, stage)
                assert await flaws(page, view) == [], f"what was found, {view}"
                if view == PHONE:
                    await picture(page, f"coach-found-{stage.language}")


async def _ask(page: Page, stage: Stage) -> None:
    """Fill in the form that asks what would fit, and see what does."""
    for field, text in {"municipality": stage.town.code, **ASKED}.items():
        await page.locator(f"#{field}").fill(text)
    await page.locator("form[action$=what-fits] p > button").click()
    await page.locator("#found").wait_for()


async def test_a_coach_switches_the_language_chooses_and_is_told_what_went_wrong(
    browser: Browser, stage: Stage
) -> None:
    view = View(320, scripts=True)
    await stage.open_walk()
    await stage.open_walk()
    referral_id = await stage.centre.refer(stage.town)
    await stage.centre.becomes(referral_id, "proposed")
    async with window(browser, view, cookies=[stage.coach], headers={"Accept-Language": "de"}) as page:
        await page.goto(f"{stage.url}/referral/")
        await page.locator(f"nav a[hreflang={stage.language}]").click()
        await page.locator(f"a[href$='{referral_id}']").click()
        assert await page.locator("html").get_attribute("lang") == stage.language, "it is remembered"
        await page.locator("input[name=activity_id]").first.check()
        await page.locator("#then-1").select_option(index=1)
        choose = page.locator("form[action$='/choice'] button")
        await choose.click()
        await page.locator("[role=alert]").wait_for()
        assert await page.locator("input[name=activity_id]").first.is_checked()
        assert await flaws(page, view) == []
        await page.locator("#then-1").select_option(index=2)
        await choose.click()
        await page.locator("form[action$='/choice']").wait_for(state="detached")
        await page.locator("#reason").select_option("participant")
        await page.locator("form[action$='/withdrawal'] button").click()
        await page.locator("form[action$='/withdrawal']").wait_for(state="detached")
    await stage.centre.becomes(referral_id, "withdrawn")
