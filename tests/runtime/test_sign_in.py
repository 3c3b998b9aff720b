from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from services.runtime.bodies import form
from services.runtime.guards import signed_in
from services.runtime.identity import Caller
from services.runtime.issuer import Issuer
from services.runtime.pages import environment, page
from services.runtime.sign_in import Identity, sign_in_app
from services.runtime.web import one_port, service_app

PEOPLE = (
    Identity("Anna <Berg>", "coach", "hsa:SE1"),
    Identity("Björn", "coordinator", "SE-0180"),
    Identity("Siv", "operator"),
)
FROM_US = {"Sec-Fetch-Site": "same-origin"}


class Colour(BaseModel):
    """What the form sends."""

    colour: str
    sizes: list[str] = []


pages = APIRouter()


@pages.get("/wall")
async def wall(caller: Annotated[Caller, signed_in("coach", "operator")]) -> HTMLResponse:
    return HTMLResponse(f"{caller.subject} {caller.centre}")


@pages.post("/wall")
async def paint(
    _caller: Annotated[Caller, signed_in("coach")], colour: Annotated[Colour, form(Colour)]
) -> HTMLResponse:
    return HTMLResponse(f"{colour.colour} {colour.sizes}")


async def well() -> Sequence[str]:
    return ()


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path, bind="127.0.0.1")


@pytest.fixture
async def browser(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    house = service_app(
        "house", "House", verifier=issuer.verifier(), pages=[pages], live=well, ready=well, sign_in="/sign-in"
    )
    both = one_port(sign_in_app(issuer, PEOPLE), house)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(both), base_url="http://127.0.0.1", headers={"Accept": "text/html"}
    ) as browser:
        yield browser


async def sign_in(browser: httpx.AsyncClient, identity: int = 0, then: str = "/house/wall") -> httpx.Response:
    return await browser.post("/sign-in", data={"identity": str(identity), "next": then}, headers=FROM_US)


async def test_a_page_sends_strangers_to_the_sign_in_page_and_lets_them_come_back(
    browser: httpx.AsyncClient,
) -> None:
    sent = await browser.get("/house/wall")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/house/wall")
    asked = await browser.get(sent.headers["location"])
    assert 'name="next" value="/house/wall"' in asked.text
    back = await sign_in(browser)
    assert (back.status_code, back.headers["location"]) == (303, "/house/wall")
    assert (await browser.get("/house/wall")).text == "Anna <Berg> hsa:SE1"


async def test_the_sign_in_page_names_everyone_and_escapes_their_names(browser: httpx.AsyncClient) -> None:
    asked = (await browser.get("/sign-in")).text
    assert "Anna &lt;Berg&gt;" in asked
    assert "coordinator · SE-0180" in asked
    assert "Siv" in asked


async def test_the_session_is_out_of_reach_of_scripts_and_other_sites(browser: httpx.AsyncClient) -> None:
    cookie = (await sign_in(browser)).headers["set-cookie"]
    assert cookie.startswith("motesplats_session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


async def test_signing_out_ends_the_session(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, 2)
    assert "You are signed in as Siv" in (await browser.get("/sign-in")).text
    await browser.post("/sign-in/out", headers=FROM_US)
    assert (await browser.get("/house/wall")).status_code == 303


async def test_a_page_for_others_is_forbidden(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, 1)
    assert (await browser.get("/house/wall")).status_code == 403


async def test_a_session_that_proves_nothing_has_to_sign_in_again(browser: httpx.AsyncClient) -> None:
    browser.cookies.set("motesplats_session", "x.y.z")
    assert (await browser.get("/house/wall")).status_code == 303


async def test_a_bearer_token_opens_a_page_too(browser: httpx.AsyncClient, issuer: Issuer) -> None:
    headers = {"Authorization": f"Bearer {issuer.token('coach', subject='Anna', centre='hsa:SE1')}"}
    assert (await browser.get("/house/wall", headers=headers)).text == "Anna hsa:SE1"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}, 403),
        ({"Origin": "http://127.0.0.1"}, 200),
        ({"Origin": "http://127.0.0.1:8080"}, 403),
        ({"Origin": "https://evil.example.org"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ],
)
async def test_a_form_with_a_session_must_come_from_our_own_pages(
    browser: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    await sign_in(browser)
    assert (await browser.post("/house/wall", data={"colour": "red"}, headers=headers)).status_code == status


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/out"])
async def test_another_site_can_sign_nobody_in_or_out(browser: httpx.AsyncClient, path: str) -> None:
    data, headers = {"identity": "0"}, {"Sec-Fetch-Site": "cross-site"}
    answer = await browser.post(path, data=data, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "then", ["//evil.example.org", "/\\evil.example.org", "https://evil.example.org", "", "x", "/\n/evil.org"]
)
async def test_signing_in_leads_to_our_own_pages_only(browser: httpx.AsyncClient, then: str) -> None:
    assert (await sign_in(browser, then=then)).headers["location"] == "/"


@pytest.mark.parametrize("identity", ["3", "-1", "x", "", "²"])
async def test_someone_who_is_not_on_the_page_cannot_be_chosen(browser: httpx.AsyncClient, identity: str) -> None:
    answer = await browser.post("/sign-in", data={"identity": identity}, headers=FROM_US)
    assert answer.status_code == 404


async def test_a_form_is_read_as_strictly_as_json(browser: httpx.AsyncClient) -> None:
    await sign_in(browser)

    async def send(content: str, content_type: str = "application/x-www-form-urlencoded") -> httpx.Response:
        headers = {"Content-Type": content_type, **FROM_US}
        return await browser.post("/house/wall", content=content, headers=headers)

    assert (await send("colour=bl%C3%A5&sizes=1&sizes=2")).text == "blå ['1', '2']"
    assert (await send("colour=red&sizes=1")).text == "red ['1']"
    refused = [
        await send("colour=red&colour=red"),
        await send("colour=red&weight=4711"),
        await send("size=1"),
        await send("colour=%ff"),
        await send("colour=%00"),
        await send("&".join(f"a{number}=1" for number in range(1001))),
    ]
    assert [answer.status_code for answer in refused] == [422] * 6
    assert not any("4711" in answer.text for answer in refused)
    assert (await send("colour=red", "multipart/form-data")).status_code == 415


def test_a_page_with_a_hole_is_an_error_and_values_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "hello.html").write_text('{% extends "base.html" %}{% block main %}{{ name }}{% endblock %}')
    app = sign_in_app(Issuer(tmp_path, bind="127.0.0.1"), ())
    request = Request({"type": "http", "app": app, "path": "/", "query_string": b"", "headers": []})
    assert "&lt;b&gt;" in bytes(page(environment(tmp_path), request, "hello.html", name="<b>").body).decode()
    with pytest.raises(Exception, match="'name' is undefined"):
        page(environment(tmp_path), request, "hello.html")
