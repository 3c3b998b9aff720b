import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from services.runtime.code_flow import let_people_in
from services.runtime.guards import allow, signed_in
from services.runtime.identity import Caller, Verifier
from services.runtime.keys import DiscoveredKeys
from services.runtime.pages import RUNTIME_PAGES, page
from services.runtime.settings import Settings
from services.runtime.web import service_app
from tests.support.log_lines import log_lines
from tests.support.service_testing import KEY, settings_for
from tests.support.sign_in_issuer import CLIENT_ID, CLIENT_SECRET, SignInIssuer, sign_in_issuer

HERE = "https://motesplats.example.org"
FROM_US = {"Sec-Fetch-Site": "same-origin"}
ANNA = {"sub": "Anna", "role": "coach", "centre": "hsa:SE1"}
REFUSED = "Signing in did not succeed"


@dataclass
class House:
    """A service with a page and a call of its own, the issuer beside it, and a browser that reaches both."""

    issuer: SignInIssuer
    browser: httpx.AsyncClient
    web: FastAPI
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def begin(self, then: str = "/house/wall") -> str:
        """Return the address that the issuer sends the browser back to, without going there."""
        sent = await self.browser.get("/house/sign-in", params={"next": then})
        back = await self.browser.get(sent.headers["location"])
        return back.headers["location"]

    async def sign_in(self, then: str = "/house/wall") -> httpx.Response:
        """Sign in, all the way; return how the browser is sent on."""
        return await self.browser.get(await self.begin(then))

    async def wall(self) -> httpx.Response:
        """Return what the page answers."""
        return await self.browser.get("/house/wall")


def routes() -> tuple[APIRouter, APIRouter]:
    api, pages = APIRouter(), APIRouter()

    @api.get("/stock")
    async def stock(caller: Annotated[Caller, allow("coach")]) -> str:
        return caller.subject

    @pages.get("/wall")
    async def wall(request: Request, caller: Annotated[Caller, signed_in("coach")]) -> HTMLResponse:
        said = {"heading": f"{caller.subject} {caller.centre}", "lead": ""}
        problem = {"status": 200, "errors": [], "instance": ""}
        return page(RUNTIME_PAGES, request, "problem.html", said=said, problem=problem)

    @pages.post("/wall")
    async def paint(caller: Annotated[Caller, signed_in("coach")]) -> str:
        return f"painted by {caller.subject}"

    return api, pages


async def well() -> Sequence[str]:
    return ()


def settings(issuer: SignInIssuer, **own: object) -> Settings:
    told = {"public_url": HERE, "oidc_issuer": issuer.url, "sign_in_client_id": CLIENT_ID, "session_key": KEY}
    return Settings(**settings_for("postgresql+asyncpg://nobody@127.0.0.1:1/nothing") | told | own)


@pytest.fixture(scope="module")
async def served() -> AsyncIterator[SignInIssuer]:
    """An issuer over HTTP, one for all tests."""
    async with sign_in_issuer(f"{HERE}/house/sign-in/back") as issuer:
        yield issuer


@pytest.fixture
def issuer(served: SignInIssuer) -> SignInIssuer:
    """The issuer, with Anna at the browser and everything as it should be."""
    served.person, served.altered, served.secret, served.is_away = ANNA, {}, CLIENT_SECRET, False
    served.heard.clear()
    return served


@pytest.fixture
async def house(issuer: SignInIssuer) -> AsyncIterator[House]:
    """The house, a confidential client of the issuer."""
    async with make_house(issuer, CLIENT_SECRET) as house:
        yield house


@asynccontextmanager
async def make_house(issuer: SignInIssuer, secret: str | None) -> AsyncIterator[House]:
    async with httpx.AsyncClient(timeout=60) as client:
        verifier = Verifier(issuer=issuer.url, keys=DiscoveredKeys(issuer.url, client))
        api, pages = routes()
        web = service_app("house", "House", verifier=verifier, api=[api], pages=[pages], live=well, ready=well)
        told = settings(issuer, sign_in_client_secret=secret)
        mounts = {HERE: httpx.ASGITransport(web)}
        async with httpx.AsyncClient(mounts=mounts, base_url=HERE, headers={"Accept": "text/html"}) as browser:
            house = House(issuer, browser, web)
            let_people_in(web, told, verifier=verifier, client=client, clock=lambda: house.now)
            yield house


def refused(answer: httpx.Response) -> bool:
    """Tell whether the browser got the plain page of a sign-in that did not succeed, and no session."""
    is_plain = REFUSED in answer.text and 'href="/house/sign-in"' in answer.text
    return answer.status_code == 401 and is_plain and "session" not in str(answer.headers.get_list("set-cookie"))


async def test_a_stranger_is_sent_to_the_issuer_and_comes_back_to_the_page_signed_in(house: House) -> None:
    answer = await house.browser.get("/house/wall", follow_redirects=True)

    hosts = [step.url.netloc.decode() for step in answer.history]
    issuer = urlsplit(house.issuer.url).netloc
    assert hosts == ["motesplats.example.org", "motesplats.example.org", issuer, "motesplats.example.org"]
    assert (answer.status_code, str(answer.url)) == (200, f"{HERE}/house/wall")
    assert "Anna hsa:SE1" in answer.text
    assert 'action="/house/sign-in/out"' in answer.text


async def test_a_public_client_signs_people_in_without_a_secret(issuer: SignInIssuer) -> None:
    issuer.secret = None
    async with make_house(issuer, None) as house:
        await house.sign_in()
        assert (await house.wall()).status_code == 200


async def test_the_issuer_is_asked_for_a_code_that_this_browser_alone_can_use(house: House) -> None:
    sent = [(await house.browser.get("/house/sign-in")).headers["location"] for _ in range(2)]

    first, second = (parse_qs(urlsplit(address).query) for address in sent)
    assert first["redirect_uri"] == [f"{HERE}/house/sign-in/back"]
    assert (first["response_type"], first["scope"], first["code_challenge_method"]) == (["code"], ["openid"], ["S256"])
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))
    assert all(len(first[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


async def test_the_session_is_out_of_reach_of_scripts_other_sites_and_other_hosts_and_ends_within_an_hour(
    house: House,
) -> None:
    cookies = (await house.sign_in()).headers.get_list("set-cookie")

    attempt, session = (cookie.split("; ") for cookie in cookies)
    assert attempt[0].startswith("__Host-motesplats_attempt_house=")
    assert "Max-Age=0" in attempt
    assert session[0].startswith("__Host-motesplats_session=")
    assert {"HttpOnly", "SameSite=lax", "Secure", "Path=/", "Max-Age=3600"} <= set(session)
    assert "Anna" not in session[0]
    assert not any(part.lower().startswith("domain") for part in session)


async def test_an_expired_session_has_to_sign_in_again_even_if_the_browser_kept_it(house: House) -> None:
    await house.sign_in()
    house.now += timedelta(minutes=59)
    assert (await house.wall()).status_code == 200

    house.now += timedelta(minutes=2)

    sent = await house.wall()
    assert (sent.status_code, sent.headers["location"]) == (303, "/house/sign-in?next=/house/wall")
    form = await house.browser.post("/house/wall", headers=FROM_US)
    assert (form.status_code, 'href="/house/sign-in"' in form.text) == (401, True)
    assert "Nothing was saved" in form.text


async def test_a_session_opens_the_pages_of_every_service_that_has_its_key(house: House) -> None:
    await house.sign_in()
    headers = {"Cookie": f"__Host-motesplats_session={house.browser.cookies['__Host-motesplats_session']}"}

    async def opened(**own: object) -> int:
        verifier = house.web.state.verifier
        shed = service_app("shed", "Shed", verifier=verifier, pages=[routes()[1]], live=well, ready=well)
        told = settings(house.issuer, **own)
        let_people_in(shed, told, verifier=verifier, client=house.browser, clock=lambda: house.now)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(shed), base_url=HERE, headers=headers) as browser:
            return (await browser.get("/shed/wall")).status_code

    assert await opened() == 200
    assert await opened(session_key=base64.b64encode(bytes(32)).decode()) == 303


async def test_a_session_opens_pages_and_nothing_of_the_api(house: House) -> None:
    await house.sign_in()
    session = house.browser.cookies["__Host-motesplats_session"]

    assert (await house.browser.get("/house/stock", headers=FROM_US)).status_code == 401
    assert (await house.browser.get("/house/stock", headers={"Authorization": f"Bearer {session}"})).status_code == 401
    assert (await house.browser.post("/house/wall", headers=FROM_US)).json() == "painted by Anna"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.org"}):
        assert (await house.browser.post("/house/wall", headers=headers)).status_code == 403


async def test_another_role_is_told_so_and_can_sign_out(house: House) -> None:
    house.issuer.person = {"sub": "Olle", "role": "organiser", "organiser": "o-1"}
    await house.sign_in()

    answer = await house.wall()

    assert answer.status_code == 403
    assert 'action="/house/sign-in/out"' in answer.text


async def test_signing_out_ends_the_session_and_leads_to_the_issuer(house: House) -> None:
    await house.sign_in()

    answer = await house.browser.post("/house/sign-in/out", headers=FROM_US)

    assert f'href="{house.issuer.url}/leave?client_id={CLIENT_ID}"' in answer.text
    assert [name for name in house.browser.cookies if "session" in name] == []
    assert (await house.wall()).status_code == 303


async def test_signing_out_works_while_the_issuer_is_away(house: House) -> None:
    await house.sign_in()
    house.issuer.is_away = True

    answer = await house.browser.post("/house/sign-in/out", headers=FROM_US)

    assert (answer.status_code, "sign out there too" in answer.text) == (200, False)
    assert (await house.wall()).status_code == 303


async def test_another_site_can_sign_nobody_out(house: House) -> None:
    await house.sign_in()

    assert (await house.browser.post("/house/sign-in/out", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await house.browser.get("/house/sign-in/out")).status_code == 405
    assert (await house.wall()).status_code == 200


# What does not lead in


@pytest.mark.parametrize(
    "change", [{"state": "x"}, {"state": "å"}, {"state": None}, {"code": None}, {"iss": "https://x"}]
)
async def test_an_answer_that_does_not_fit_what_this_browser_began_is_refused(
    house: House, change: dict[str, str | None]
) -> None:
    back = httpx.URL(await house.begin())
    query = {name: value for name, value in {**back.params, **change}.items() if value is not None}

    assert refused(await house.browser.get(back.copy_with(query=None), params=query))
    assert (await house.wall()).status_code == 303


async def test_an_answer_in_a_browser_that_began_nothing_is_refused(house: House) -> None:
    back = await house.begin()
    house.browser.cookies.clear()

    assert refused(await house.browser.get(back))


async def test_the_state_of_an_earlier_attempt_is_refused(house: House) -> None:
    earlier = await house.begin()
    await house.begin()

    assert refused(await house.browser.get(earlier))


async def test_an_attempt_ends_after_ten_minutes(house: House) -> None:
    back = await house.begin()
    house.now += timedelta(minutes=10)

    assert refused(await house.browser.get(back))


async def test_a_code_opens_once(house: House) -> None:
    back = await house.begin()
    kept = dict(house.browser.cookies)
    assert (await house.browser.get(back)).status_code == 303
    house.browser.cookies.delete("__Host-motesplats_session")
    replayed = await house.browser.get(back)

    assert refused(replayed)
    house.browser.cookies.update(kept)
    assert refused(await house.browser.get(back))


async def test_a_code_of_another_browser_is_refused_by_its_challenge(house: House) -> None:
    stolen = httpx.URL(await house.begin()).params["code"]
    house.browser.cookies.clear()
    own = httpx.URL(await house.begin())

    assert refused(await house.browser.get(own.copy_set_param("code", stolen)))


@pytest.mark.parametrize(
    "altered",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "motesplats"},
        {"aud": [CLIENT_ID, "other"], "azp": "other"},
        {"iss": "https://issuer.example.org"},
        {"exp": 1},
        {"role": "caretaker"},
        {"role": None},
        {"centre": None},
        {"role": "service", "scope": "stock.read", "aud": [CLIENT_ID, "house"]},
    ],
    ids=str,
)
async def test_an_id_token_that_does_not_prove_who_signed_in_here_is_refused(
    house: House, altered: dict[str, Any]
) -> None:
    house.issuer.altered = altered

    assert refused(await house.sign_in())


async def test_whom_the_issuer_turns_away_learns_it_without_details(house: House) -> None:
    house.issuer.person = None

    answer = await house.sign_in()

    assert refused(answer)
    assert "4711" not in answer.text
    assert "access_denied" not in answer.text


async def test_a_wrong_secret_is_refused_and_told_to_operators_alone(house: House) -> None:
    house.issuer.secret = "another"
    with log_lines() as written:
        assert refused(await house.sign_in())
        assert ("code_refused", 401) in [(line["event"], line.get("status")) for line in written()]


async def test_while_the_issuer_is_away_people_are_told_to_come_back(house: House) -> None:
    back = await house.begin()
    house.issuer.is_away = True

    for address in ("/house/sign-in", back):
        answer = await house.browser.get(address)
        assert answer.status_code == 503
        assert "It does not answer just now" in answer.text


@pytest.mark.parametrize(
    "then", ["//evil.example.org", "/\\evil.example.org", "https://evil.example.org", "", "x", "/\n/evil.org"]
)
async def test_signing_in_leads_to_our_own_pages_only(house: House, then: str) -> None:
    assert (await house.sign_in(then)).headers["location"] == "/house/"


async def test_a_page_further_in_is_come_back_to_as_it_was(house: House) -> None:
    assert (await house.sign_in("/house/wall/å?a=b&c")).headers["location"] == "/house/wall/%C3%A5?a=b&c"
    assert (await house.browser.get("/house/sign-in", params={"next": "/" + "å" * 300})).status_code == 422
    longest = await house.browser.get("/house/sign-in", params={"next": "/" + "å" * 299})
    assert len(longest.headers["set-cookie"]) < 4096


@pytest.mark.parametrize("forged", ["", "00", "zz", "00" * 200])
async def test_a_session_that_we_did_not_make_opens_nothing(house: House, forged: str) -> None:
    house.browser.cookies.set("__Host-motesplats_session", forged)
    assert (await house.wall()).status_code == 303


async def test_an_attempt_is_no_session(house: House) -> None:
    await house.begin()
    attempt = house.browser.cookies["__Host-motesplats_attempt_house"]
    house.browser.cookies.set("__Host-motesplats_session", attempt, domain="motesplats.example.org", path="/")

    assert (await house.wall()).status_code == 303


async def test_tokens_stand_in_no_address_and_neither_they_nor_the_code_in_the_log(house: House) -> None:
    with log_lines() as written:
        back = httpx.URL(await house.begin())
        await house.browser.get(back)
        await house.wall()
        lines = str(written())

    secrets = [back.params["code"], back.params["state"], *house.browser.cookies.values(), "Anna", "eyJ"]
    assert [secret for secret in secrets if secret in lines] == []
    assert len(house.issuer.heard) == 2
    assert not any("eyJ" in address or "Anna" in address for address in house.issuer.heard)
    assert not any(back.params["code"] in address for address in house.issuer.heard)


# What operators say


async def test_without_a_client_at_the_issuer_pages_want_a_token(house: House) -> None:
    client = house.browser
    let_people_in(
        house.web,
        settings(house.issuer, sign_in_client_id=None, session_key=None),
        verifier=house.web.state.verifier,
        client=client,
        clock=lambda: house.now,
    )

    answer = await house.wall()

    assert (answer.status_code, "sign-in" in answer.text) == (401, False)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"sign_in_client_id": None, "sign_in_client_secret": "4711"}, "are of use together only"),
        ({"session_key": None}, "are of use together only"),
        ({"session_key": "4711"}, "must be 32 bytes written as base64"),
        ({"public_url": "http://motesplats.example.org"}, "public_url must be https"),
    ],
)
async def test_settings_that_cannot_work_are_refused_at_the_start(own: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        settings(SignInIssuer("https://issuer.example.org", ""), **own)
    assert "4711" not in str(error.value)
