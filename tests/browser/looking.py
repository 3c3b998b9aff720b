"""How a page is looked at: by eyes at two widths, by axe-core, by a counter of requests. Never what it should say."""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Browser, Page, Response

WIDTHS = (320, 1280)
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "pages"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@dataclass(frozen=True)
class View:
    """A kind of window."""

    width: int
    scripts: bool

    def __str__(self) -> str:
        """Return its name."""
        return f"{self.width} px, {'with' if self.scripts else 'without'} JavaScript"


VIEWS = tuple(View(width, scripts) for width in WIDTHS for scripts in (True, False))


@asynccontextmanager
async def window(
    browser: Browser,
    view: View,
    *,
    cookies: Sequence[Any] = (),
    scheme: str = "light",
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Page]:
    """Open a window in the view."""
    context = await browser.new_context(
        viewport={"width": view.width, "height": 800},
        java_script_enabled=view.scripts,
        color_scheme=scheme,  # type: ignore[arg-type]  # one of two texts
        extra_http_headers=dict(headers or {}),
    )
    await context.add_cookies(list(cookies))
    try:
        yield await context.new_page()
    finally:
        await context.close()


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


async def flaws(page: Page, view: View) -> list[str]:
    """Return what is wrong with the page as it stands there: too wide, or against WCAG 2.1 AA.

    axe-core is a script, so it looks with JavaScript only; no page of ours has any, so without it they are the same.
    """
    wide = ["wider than the window"] if await is_wider_than_the_window(page) else []
    scripts = ["has a script"] if await page.locator("script").count() else []
    return wide + scripts + (await violations(page) if view.scripts else [])


async def violations(page: Page) -> list[str]:
    """Return what axe-core finds against WCAG 2.1 AA, each with where."""
    await page.evaluate(_axe())
    found = await page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", WCAG)
    return [f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]]


async def is_wider_than_the_window(page: Page) -> bool:
    """Tell whether somebody would have to scroll sideways."""
    wide: bool = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


async def weight(page: Page, url: str) -> tuple[list[str], int]:
    """Open the page and return the addresses of all that was asked for, and how many bytes came."""
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - Playwright wants a function
    await page.goto(url, wait_until="networkidle")
    sizes = [await response.request.sizes() for response in responses]
    return [response.url for response in responses], sum(
        size["responseBodySize"] + size["responseHeadersSize"] for size in sizes
    )


async def picture(page: Page, name: str) -> None:
    """Keep how the page looks for the documentation, when that is wanted."""
    if os.environ.get("MOTESPLATS_SCREENSHOTS"):
        await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
