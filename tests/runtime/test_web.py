import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
import schemathesis
from fastapi import APIRouter, FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from schemathesis.core.result import Ok
from sqlalchemy import text
from starlette.types import ASGIApp

from schemas.strict import Invalid
from services.runtime import telemetry
from services.runtime.bodies import body, raw
from services.runtime.connection import Database
from services.runtime.errors import Conflict, Gone, NotFound
from services.runtime.guards import allow, open_to_all
from services.runtime.identity import Caller
from services.runtime.issuer import Issuer
from services.runtime.middleware import LARGEST_BODY
from services.runtime.paging import Cursor, Limit, Page, cursor_of, values_of
from services.runtime.web import metrics_app, one_port, server, service_app
from tests.support.log_lines import Written, log_lines

PROBLEM = "application/problem+json"


class Size(BaseModel):
    """How large."""

    model_config = ConfigDict(strict=True)

    width: float = Field(ge=1)


class Item(BaseModel):
    """Something to sell."""

    model_config = ConfigDict(strict=True)

    item_id: UUID
    name: str = Field(max_length=20)
    sizes: tuple[Size, ...] = ()
    colour: str | None = None


def _for_the_caller(centre: str, info: ValidationInfo) -> str:
    assert centre == info.context
    return centre


class Gift(BaseModel):
    """Something that a caller gives itself."""

    model_config = ConfigDict(strict=True)

    centre: Annotated[str, AfterValidator(_for_the_caller)]


Seller = Annotated[Caller, allow("coach", "centre")]
shop = APIRouter()
wrong: list[str] = []


@shop.post("/items", status_code=201)
async def add(_seller: Seller, item: Annotated[Item, body(Item)]) -> Item:
    if item.name == "sold":
        raise Conflict("It is sold.")
    return item


@shop.get("/items")
async def items(_seller: Seller, limit: Limit = 2, cursor: Cursor = None) -> Page[int]:
    after = values_of(cursor, int)[0] if cursor else 0
    found = [number for number in range(1, 6) if number > after][:limit]
    return Page[int](items=found, next=cursor_of(found[-1]) if found and found[-1] < 5 else None)


@shop.get("/items/{item_id}")
async def item(_seller: Seller, item_id: UUID) -> Item:
    raise NotFound if item_id.int else Gone("It was sold.")


@shop.get("/stock")
async def stock(caller: Annotated[Caller, allow("operator", scope="stock.read")]) -> str:
    return caller.subject


@shop.post("/lines", tags=["lines"])
async def lines(_seller: Seller, sent: Annotated[bytes, raw("application/x-ndjson")]) -> int:
    return sent.count(b"\n")


@shop.post("/gifts", tags=["gifts"])
async def give(_seller: Seller, gift: Annotated[Gift, body(Gift, lambda caller: caller.centre)]) -> str:
    return gift.centre


@shop.get("/window", dependencies=[open_to_all])
async def window() -> str:
    return "open"


@shop.get("/broken", dependencies=[open_to_all], include_in_schema=False)
async def broken() -> str:
    raise RuntimeError("the secret 4711")


@shop.get("/away", dependencies=[open_to_all], include_in_schema=False)
async def away() -> str:
    engine = Database("postgresql+asyncpg://nobody:secret@127.0.0.1:1/nothing")
    async with engine.connect() as connection:
        return str(await connection.scalar(text("select 'the secret 4711'")))


async def what_is_wrong() -> Sequence[str]:
    return wrong


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"), bind="127.0.0.1")


@pytest.fixture(scope="module")
def app(issuer: Issuer) -> FastAPI:
    verifier = issuer.verifier()
    return service_app("shop", "Shop", verifier=verifier, api=[shop], live=what_is_wrong, ready=what_is_wrong)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        yield client


@pytest.fixture(scope="module")
def seller(issuer: Issuer) -> dict[str, str]:
    return bearer(issuer.token("coach", centre="hsa:SE1"))


@pytest.fixture
def written() -> Iterator[Written]:
    with log_lines() as written:
        yield written


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def an_item(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a sender may send
    return {"item_id": str(uuid4()), "name": "lamp", **changes}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["title"]
    assert document["type"] == "about:blank"
    return document


# Who may call


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer x.y.z", "Basic YTpi", "bearer of bad news", "Bearer é"]
)
async def test_nobody_is_let_in_without_a_token_that_proves_who_calls(
    client: httpx.AsyncClient, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = await client.get("/shop/items", headers=headers)
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_another_role_is_turned_away(client: httpx.AsyncClient, issuer: Issuer) -> None:
    organiser = bearer(issuer.token("organiser", organiser=str(uuid4())))
    problem(await client.get("/shop/items", headers=organiser), 403)


async def test_a_service_needs_a_token_for_this_service_and_this_call(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    def service(audience: str, scope: str) -> dict[str, str]:
        return bearer(issuer.token("service", subject="bank", audience=audience, scope=scope))

    assert (await client.get("/shop/stock", headers=service("shop", "stock.read"))).json() == "bank"
    refused = await client.get("/shop/stock", headers=service("shop", "stock.count"))
    problem(refused, 403)
    assert "insufficient_scope" in refused.headers["www-authenticate"]
    problem(await client.get("/shop/stock", headers=service("bank", "stock.read")), 401)
    problem(await client.get("/shop/items", headers=service("shop", "stock.read")), 403)


async def test_who_calls_is_asked_before_what_they_send(client: httpx.AsyncClient) -> None:
    problem(await client.post("/shop/items", content=b"{"), 401)


async def test_a_session_cookie_opens_nothing_of_the_api(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    token = seller["Authorization"].removeprefix("Bearer ")
    headers = {"Cookie": f"motesplats_session={token}", "Sec-Fetch-Site": "same-origin"}
    problem(await client.post("/shop/items", json=an_item(), headers=headers), 401)


async def test_what_is_open_to_all_asks_nobody(client: httpx.AsyncClient) -> None:
    assert (await client.get("/shop/window")).json() == "open"


def test_a_route_that_does_not_say_who_may_call_it_is_refused_at_the_start(issuer: Issuer) -> None:
    careless = APIRouter()
    careless.add_api_route("/items", what_is_wrong)
    with pytest.raises(TypeError, match="/shop/items does not say who may call"):
        _app_of(careless, issuer)


def test_a_route_that_reads_before_it_knows_who_calls_is_refused_at_the_start(issuer: Issuer) -> None:
    async def add(item: Annotated[Item, body(Item)], _seller: Seller) -> Item:
        return item

    careless = APIRouter()
    careless.add_api_route("/items", add, methods=["POST"])
    with pytest.raises(TypeError, match="put the caller first"):
        _app_of(careless, issuer)


def _app_of(router: APIRouter, issuer: Issuer) -> FastAPI:
    verifier = issuer.verifier()
    return service_app("shop", "Shop", verifier=verifier, api=[router], live=what_is_wrong, ready=what_is_wrong)


def test_a_body_that_would_convert_is_refused_at_the_start() -> None:
    class Lax(BaseModel):
        width: int

    with pytest.raises(TypeError, match="Lax would convert"):
        body(Lax)


# What they send


async def test_a_good_body_is_taken(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    sent = an_item(sizes=[{"width": 3}], colour="grön")
    answer = await client.post("/shop/items", json=sent, headers=seller)
    assert (answer.status_code, answer.json()) == (201, sent)


async def test_every_broken_rule_is_named_at_once_and_never_the_value(
    client: httpx.AsyncClient, seller: dict[str, str]
) -> None:
    sent = {"name": "4711" * 10, "sizes": [{"width": "4711"}, {"width": 0}], "weight": 4711}
    answer = await client.post("/shop/items", json=sent, headers=seller)
    errors = problem(answer, 422)["errors"]
    assert {error["path"] for error in errors} == {
        "item_id",
        "name",
        "sizes[0].width",
        "sizes[1].width",
        "weight",
    }
    assert all(error["rule"] for error in errors)
    assert "4711" not in answer.text


@pytest.mark.parametrize(
    "sent", [b"", b"{", b"[]", b"null", b'{"name": "a", "name": "b"}', b"NaN", b"\xff", b"[" * 100_000]
)
async def test_what_is_not_strict_json_is_refused(
    client: httpx.AsyncClient, seller: dict[str, str], sent: bytes
) -> None:
    answer = await client.post("/shop/items", content=sent, headers={**seller, "Content-Type": "application/json"})
    assert problem(answer, 422)["errors"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_a_body_of_another_type_is_refused(
    client: httpx.AsyncClient, seller: dict[str, str], headers: dict[str, str]
) -> None:
    content = json.dumps(an_item()).encode()
    problem(await client.post("/shop/items", content=content, headers={**seller, **headers}), 415)


async def test_the_type_may_say_its_charset(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    headers = {**seller, "Content-Type": "Application/JSON; charset=utf-8"}
    content = json.dumps(an_item()).encode()
    assert (await client.post("/shop/items", content=content, headers=headers)).status_code == 201


async def test_a_body_may_be_checked_against_who_sends_it(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    assert (await client.post("/shop/gifts", json={"centre": "hsa:SE1"}, headers=seller)).json() == "hsa:SE1"
    refused = await client.post("/shop/gifts", json={"centre": "hsa:SE2"}, headers=seller)
    assert [error["path"] for error in problem(refused, 422)["errors"]] == ["centre"]


async def test_lines_are_handed_on_as_they_are(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    headers = {**seller, "Content-Type": "application/x-ndjson"}
    assert (await client.post("/shop/lines", content=b"{}\n{}\n", headers=headers)).json() == 2


@pytest.mark.parametrize(("more", "status"), [(0, 422), (1, 413)])
async def test_a_body_may_have_256_kb(
    client: httpx.AsyncClient, seller: dict[str, str], more: int, status: int
) -> None:
    headers = {**seller, "Content-Type": "application/json"}
    content = b" " * (LARGEST_BODY + more)
    problem(await client.post("/shop/items", content=content, headers=headers), status)


async def test_a_body_that_does_not_say_its_length_is_not_read_to_its_end(
    client: httpx.AsyncClient, seller: dict[str, str]
) -> None:
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while True:
            chunks += 1
            yield b" " * 65536

    headers = {**seller, "Content-Type": "application/json"}
    problem(await client.post("/shop/items", content=endless(), headers=headers), 413)
    assert chunks == 5


async def test_a_state_that_does_not_allow_it_is_a_conflict(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    answer = await client.post("/shop/items", json=an_item(name="sold"), headers=seller)
    assert problem(answer, 409)["detail"] == "It is sold."


async def test_what_is_not_there_and_what_is_no_more(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    problem(await client.get(f"/shop/items/{uuid4()}", headers=seller), 404)
    problem(await client.get(f"/shop/items/{UUID(int=0)}", headers=seller), 410)


async def test_a_bad_parameter_is_named(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    errors = problem(await client.get("/shop/items/4711", headers=seller), 422)["errors"]
    assert errors == [{"path": "item_id", "rule": "is not valid"}]
    errors = problem(await client.get("/shop/items?limit=201", headers=seller), 422)["errors"]
    assert errors == [{"path": "limit", "rule": "is not valid"}]


@pytest.mark.parametrize("path", ["/", "/shop", "/shop/", "/shop/items/", "/bank/items", "/shop/docs"])
async def test_an_unknown_path_is_a_problem_too(client: httpx.AsyncClient, path: str) -> None:
    problem(await client.get(path), 404)


async def test_a_method_that_a_path_does_not_know_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/shop/window")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("path", ["/shop/items?cursor=a%00b", "/shop/it%00ems"])
async def test_a_zero_byte_in_the_address_is_refused(
    client: httpx.AsyncClient, seller: dict[str, str], path: str
) -> None:
    problem(await client.get(path, headers=seller), 400)


# Long lists


async def test_a_list_is_read_page_by_page(client: httpx.AsyncClient, seller: dict[str, str]) -> None:
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        page = (await client.get(f"/shop/items?cursor={cursor}" if cursor else "/shop/items", headers=seller)).json()
        assert len(page["items"]) <= 2
        seen += page["items"]
        cursor = page["next"]
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("cursor", ["x", "!!!!", "AAAA", cursor_of("a"), cursor_of(1, 2), cursor_of(), "å"])
async def test_a_cursor_that_we_never_gave_is_refused(
    client: httpx.AsyncClient, seller: dict[str, str], cursor: str
) -> None:
    errors = problem(await client.get("/shop/items", params={"cursor": cursor}, headers=seller), 422)["errors"]
    assert [error["path"] for error in errors] == ["cursor"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-29T12:00:00"])
def test_a_cursor_with_a_time_that_no_column_can_hold_is_refused(at: str) -> None:
    assert values_of(cursor_of("2026-11-29T12:00:00Z"), datetime) == (datetime(2026, 11, 29, 12, tzinfo=UTC),)
    with pytest.raises(Invalid):
        values_of(cursor_of(at), datetime)


@pytest.mark.parametrize("number", [2**31, -(2**31)])
def test_a_cursor_with_a_number_that_no_column_can_hold_is_refused(number: int) -> None:
    with pytest.raises(Invalid):
        values_of(cursor_of(number), int)


@given(number=st.integers(0, 2**31 - 1), name=st.text().filter(lambda name: "\x00" not in name), uuid=st.uuids())
def test_a_cursor_gives_back_what_was_put_in(number: int, name: str, uuid: UUID) -> None:
    assert values_of(cursor_of(number, name, uuid), int, str, UUID) == (number, name, uuid)


@given(cursor=st.text(max_size=40))
def test_no_text_whatever_breaks_a_cursor(cursor: str) -> None:
    with pytest.raises(Invalid):
        values_of(cursor, UUID, str)


# When something breaks


async def test_what_nobody_foresaw_is_answered_without_details_and_logged_without_values(
    client: httpx.AsyncClient, written: Written
) -> None:
    answer = await client.get("/shop/broken")
    document = problem(answer, 500)
    failed, request = written()
    assert failed["error"] == ["builtins.RuntimeError"]
    assert failed["frames"][-1].endswith(":broken")
    assert document["instance"] == f"urn:trace:{failed['trace_id']}"
    assert (request["route"], request["status"], request["trace_id"]) == ("/shop/broken", 500, failed["trace_id"])
    assert "4711" not in answer.text + json.dumps([failed, request])


async def test_while_the_database_is_away_callers_are_told_to_come_back(
    client: httpx.AsyncClient, written: Written
) -> None:
    answer = await client.get("/shop/away")
    problem(answer, 503)
    assert int(answer.headers["retry-after"]) > 0
    assert "secret" not in answer.text + json.dumps(written())


async def test_a_browser_gets_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/shop/nothing", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>There is no such page</h1>" in answer.text
    problem(await client.get("/shop/nothing", headers={"Accept": f"{PROBLEM}, text/html"}), 404)


# What surrounds a request


async def test_a_request_stays_in_its_senders_trace(client: httpx.AsyncClient) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = await client.get("/shop/window", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert telemetry.trace_id(answer.headers["traceparent"]) == trace
    assert "b7ad6b7169203331" not in answer.headers["traceparent"]


async def test_a_request_without_a_readable_trace_begins_one(client: httpx.AsyncClient) -> None:
    answers = [await client.get("/shop/window", headers={"traceparent": given}) for given in ("", "00-0-0-0")]
    assert len({telemetry.trace_id(answer.headers["traceparent"]) for answer in answers} - {None}) == 2


async def test_log_and_metrics_name_the_route_and_never_the_path(
    client: httpx.AsyncClient, seller: dict[str, str], written: Written
) -> None:
    item_id = uuid4()
    await client.get(f"/shop/items/{item_id}?name=4711", headers=seller)
    (line,) = written()
    assert (line["event"], line["method"], line["route"]) == ("request", "GET", "/shop/items/{item_id}")
    assert line["status"] == 404
    assert line["ms"] >= 0
    assert str(item_id) not in json.dumps(line)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(metrics_app(telemetry.REGISTRY)), base_url="http://inner"
    ) as inner:
        metrics = (await inner.get("/metrics")).text
    assert 'route="/shop/items/{item_id}"' in metrics
    assert str(item_id) not in metrics


async def test_every_answer_keeps_out_of_caches_frames_and_scripts(
    client: httpx.AsyncClient, seller: dict[str, str]
) -> None:
    for answer in (await client.get("/shop/items", headers=seller), await client.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy


async def test_the_stylesheet_is_ours_and_may_be_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/shop/static/motesplats.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "max-age" in answer.headers["cache-control"]
    assert "url(" not in answer.text
    assert "@import" not in answer.text


@pytest.fixture
def something_wrong() -> Iterator[None]:
    wrong.append("landing stands still")
    yield
    wrong.clear()


@pytest.mark.parametrize("kind", ["live", "ready"])
async def test_health_is_ok(client: httpx.AsyncClient, kind: str) -> None:
    assert (await client.get(f"/shop/health/{kind}")).json() == {"status": "ok"}


@pytest.mark.usefixtures("something_wrong")
@pytest.mark.parametrize("kind", ["live", "ready"])
async def test_health_tells_what_is_wrong(client: httpx.AsyncClient, kind: str) -> None:
    assert problem(await client.get(f"/shop/health/{kind}"), 503)["detail"] == "landing stands still"


# OpenAPI


async def test_openapi_names_bodies_problems_and_who_must_prove_themselves(client: httpx.AsyncClient) -> None:
    document = (await client.get("/shop/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    add = document["paths"]["/shop/items"]["post"]
    schema = add["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Item-Input"}
    schemas = document["components"]["schemas"]
    assert schemas["Item-Input"]["additionalProperties"] is False
    assert schemas["Item-Input"]["properties"]["sizes"]["items"] == {"$ref": "#/components/schemas/Size-Input"}
    assert add["responses"]["default"]["content"][PROBLEM]["schema"]["$ref"].endswith("/Problem")
    assert add["security"] == [{"bearer": []}]
    assert "security" not in document["paths"]["/shop/window"]["get"]
    lines = document["paths"]["/shop/lines"]["post"]["requestBody"]
    assert list(lines["content"]) == ["application/x-ndjson"]


def test_the_app_does_what_its_openapi_says(app: FastAPI, seller: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_asgi("/shop/openapi.json", app)
    schema.validate()
    schema.config.generation.update(allow_x00=False)  # no schema says that PostgreSQL takes no NUL
    schema = schema.exclude(tag="lines").exclude(tag="gifts")  # it makes up JSON, but no lines nor our rules
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        _check(found.ok(), seller)


def _check(operation: Any, headers: dict[str, str]) -> None:  # noqa: ANN401 - schemathesis has no name for it
    @given(case=operation.as_strategy())
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:  # noqa: ANN401 - as above
        case.query.pop("cursor", None)  # no schema can say which ones we gave
        case.call_and_validate(headers=headers)

    check()


# On a real server


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    running = server(app, host="127.0.0.1", port=0)
    serving = asyncio.create_task(running.serve())
    while not running.started:  # noqa: ASYNC110 - uvicorn sets no event
        await asyncio.sleep(0.01)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    await serving


def post(port: int, headers: dict[str, str], content: bytes | Iterator[bytes]) -> tuple[int, str | None]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/shop/items", body=content, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers["content-type"]
    finally:
        connection.close()


async def test_on_a_real_server_a_body_too_large_is_answered_whether_its_length_is_stated_or_not(
    app: FastAPI, seller: dict[str, str]
) -> None:
    headers = {**seller, "Content-Type": "application/json"}
    async with serving(app) as port:
        stated = await asyncio.to_thread(post, port, headers, b" " * 900_000)
        unstated = await asyncio.to_thread(post, port, headers, iter([b" " * 65_536] * 14))
    assert stated == unstated == (413, PROBLEM)


async def test_several_services_share_a_port_and_begin_and_end_together(issuer: Issuer) -> None:
    told: list[str] = []

    def one(name: str) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            told.append(f"{name} begins")
            yield
            told.append(f"{name} ends")

        router = APIRouter(dependencies=[open_to_all])
        router.add_api_route("/name", lambda: name)
        return service_app(
            name,
            name,
            verifier=issuer.verifier(),
            api=[router],
            live=what_is_wrong,
            ready=what_is_wrong,
            lifespan=lifespan,
        )

    async with (
        serving(one_port(one("front"), one("shop"), one("bank"))) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        assert (await client.get("/shop/name")).json() == "shop"
        assert (await client.get("/bank/name")).json() == "bank"
        assert (await client.get("/front/name")).json() == "front"
        problem(await client.get("/nowhere"), 404)
    assert told == [
        "front begins",
        "shop begins",
        "bank begins",
        "bank ends",
        "shop ends",
        "front ends",
    ]
