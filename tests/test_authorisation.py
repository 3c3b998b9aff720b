"""Every route by every role, by own and other tenant: each call is made, those that are refused before the others."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx

from schemas.coordinator import ContactNotified
from services.runtime.identity import ROLE_CLAIM
from tests.activities.conftest import activities
from tests.activities.test_contacts_api import CONTACT as A_CONTACT
from tests.coordinator.conftest import (
    Coordinator,
    a_contact,
    a_seat,
    catcher,
    coordinator,
    link,
    own,
    referral_service,
    referrals,
)
from tests.coordinator.test_api import GIVEN
from tests.coordinator.test_silence import DEPUTY
from tests.referral.conftest import referral
from tests.referral.stories import CENTRE, about, call, choose, proposed
from tests.support.authorisation import NOBODY, NONE, OTHER, OWN, ROWS, WHO, Route, routes
from tests.support.builders import a_consent, a_referral, an_activity, number
from tests.support.service_testing import UnderTest

TOWN, ELSEWHERE = "NO-5501", "NO-5503"
ORGANISER = number(900)
CLAIMS = {
    "centre": (CENTRE, "her:999"),
    "municipality": (TOWN, ELSEWHERE),
    "organiser": (ORGANISER, number(999)),
}
CONTACT_DATA = {"first_name": "Solveig", "phone": None, "email": None}
OWN_NAMES = ("p-1", "p-2", "Folkeparken", "Turleder", A_CONTACT["name"])
WEIGHTS = {"interest": 0.45, "distance": 0.2, "time": 0.1, "preference": 0.1, "seats": 0.1, "freshness": 0.05}
WORDS = {"text": "Er det greit?"}
FORM = "application/x-www-form-urlencoded"
__all__ = ["activities", "catcher", "coordinator", "own", "referral", "referral_service", "referrals"]


@dataclass
class Call:
    """What is sent, and where the path's gaps lead."""

    ids: dict[str, object]
    json: object = None
    form: dict[str, str] | None = None
    lines: bytes | None = None
    query: dict[str, str] | None = None


Prepare = Callable[[Route], Awaitable[Call]]


async def wrong_answers(service: UnderTest, name: str, prepare: Prepare) -> list[str]:
    """Make every call of a service and return those that were not answered as the table says."""
    wrong = []
    for route in routes():
        if route.service != name:
            continue
        refused = [(who, tenant) for who in WHO for tenant in (OWN, OTHER) if not _passes(route, who, tenant)]
        allowed = [(who, tenant) for who in WHO for tenant in (OTHER, OWN) if _passes(route, who, tenant)]
        if route.guard is None:
            allowed = [(NOBODY, OWN), ("coach", OTHER)]  # it asks nobody, so nobody and somebody are enough
        prepared = await prepare(route)
        for who, tenant in refused + allowed:
            if (who, tenant) in allowed:
                prepared = await prepare(route)
            answer = await _make(service, route, who, tenant, prepared)
            if not _is(answer, route.answer(who, tenant)):
                wrong.append(f"{route.name}: {who}, {tenant}: {answer.status_code}, not {route.answer(who, tenant)}")
    return wrong


def _passes(route: Route, who: str, tenant: str) -> bool:
    return route.answer(who, tenant) not in (401, 403) and (route.guard is None or who != NOBODY)


async def _make(service: UnderTest, route: Route, who: str, tenant: str, prepared: Call) -> httpx.Response:
    claims: dict[str, str] = {}
    claim = None if who == NOBODY else ROLE_CLAIM[who]
    if who == "service":
        scope = route.guard._scope if route.guard and route.guard._scope else "consent.read"
        claims = {"audience": route.service, "scope": scope if tenant == OWN else "another.call"}
    elif claim:
        claims = {claim: CLAIMS[claim][tenant == OTHER]}
    path = route.path.format(**prepared.ids)
    async with service.client(None if who == NOBODY else who, **claims) as client:
        if prepared.lines is not None:
            headers = {"content-type": "application/x-ndjson"}
            return await client.request(route.method, path, content=prepared.lines, headers=headers)
        if prepared.form is not None:
            headers = {"content-type": FORM}
            return await client.request(route.method, path, data=prepared.form, headers=headers)
        return await client.request(route.method, path, json=prepared.json, params=prepared.query)


def _is(answer: httpx.Response, expected: object) -> bool:
    if expected != NONE:
        return answer.status_code == expected
    return answer.status_code == 200 and not any(name in answer.text for name in OWN_NAMES)


def test_the_table_names_every_route_and_no_other() -> None:
    assert {route.name for route in routes()} == set(ROWS)


async def test_the_referral_service_answers_as_the_table_says(referral: UnderTest) -> None:
    numbers = count(1)

    async def prepare(route: Route) -> Call:
        n = next(numbers)
        ids: dict[str, object] = {"referral_id": number(n), "question_id": number(10_000 + n)}
        content = a_referral(n, contact=CONTACT_DATA)
        if "/webhook" in route.path:
            async with referral.client("centre", centre=CLAIMS["centre"][1]) as client:
                await client.delete("/referral/webhook")
            hook = {"url": "https://127.0.0.1/"}
            await call(referral, "PUT", "webhook", hook, role="centre")
            return Call(ids, hook if route.method == "PUT" else None)
        if route.name == "POST /referral/requests":
            return Call(ids, content)
        await call(referral, "POST", "requests", content, role="centre", expect=201)
        await referral.deliver(proposed(11, 12, n=n))
        if not route.path.endswith("/choice"):
            await choose(referral, 11, n=n)
            answer_by = referral.clock() + timedelta(days=7)
            await referral.deliver(
                ContactNotified(**about(1, 11, n), contact_id=None, channel="email", answer_by=answer_by)
            )
            asked = {"choice": 1, "asked_at": "2025-03-12T12:00:00Z", **WORDS}
            if not route.name.startswith("PUT") or route.path.endswith("/answer"):
                async with referral.client("service", audience="referral", scope="question.ask") as client:
                    await client.put(f"/referral/referrals/{number(n)}/questions/{ids['question_id']}", json=asked)
        bodies: dict[str, object] = {
            "choice": {"activity_id": number(11)},
            "withdrawal": {"reason": "participant"},
            "outcome": {"outcome": "could_not"},
            "consent": a_consent(),
            "answer": WORDS,
            "contact": CONTACT_DATA,
            "consents": {"referral_ids": [number(n)]},
            "{question_id}": {"choice": 1, "asked_at": "2025-03-12T12:00:00Z", **WORDS},
        }
        body: Any = bodies.get(route.path.rsplit("/", 1)[1])
        query = {"choice": "1"} if route.path.endswith(("/shared", "/questions", "{question_id}")) else None
        if route.method == "POST" and "/referrals/" not in route.path and not route.path.endswith("/consents"):
            return Call(ids, form=body or {})
        return Call(ids, body if route.method in ("POST", "PUT") else None, query=query)

    assert await wrong_answers(referral, "referral", prepare) == []


async def test_the_activities_service_answers_as_the_table_says(activities: UnderTest) -> None:
    numbers = count(1)

    async def keep(method: str, path: str, body: object) -> None:
        async with activities.client("coordinator", municipality=TOWN) as client:
            assert (await client.request(method, f"/activities/{path}", json=body)).is_success

    async def prepare(route: Route) -> Call:
        n = next(numbers)
        await keep("PUT", f"organisers/{ORGANISER}", {"name": "Tromsø kommune", "kind": "municipality"})
        activity = an_activity(n, seats={"maximum": 5, "taken": 0})
        contact = A_CONTACT | {"contact_id": number(10_000 + n)}
        ids = {"activity_id": number(n), "service_id": number(n), "contact_id": contact["contact_id"]}
        ids |= {"organiser_id": ORGANISER, "place_id": number(901), "move": "verify"}
        if route.name != "POST /activities/activities":
            await keep("POST", "activities", activity)
        await keep("PUT", f"contacts/{contact['contact_id']}", contact)
        await keep("PUT", f"agreements/{ORGANISER}", {"valid_from": "2025-01-01", "valid_to": "2025-12-31"})
        if "agreement" in route.path or route.method == "PUT" or route.name == "POST /activities/activities":
            activity["agreement"] = {"valid_from": "2025-01-01", "valid_to": "2025-12-31"}
        bodies: dict[str, object] = {
            "/activities": activity,
            "/activities/{activity_id}": activity,
            "/activities/{activity_id}/pause": {"until": "2025-04-30"},
            "/activities/{activity_id}/walk-ins": {"walk_ins": 1},
            "/organisers/{organiser_id}": {"name": "Tromsø kommune", "kind": "municipality"},
            "/places/{place_id}": {
                name: activity["place"][name] for name in ("name", "latitude", "longitude", "address")
            },
            "/agreements/{organiser_id}": {"valid_from": "2025-01-01", "valid_to": "2025-12-31"},
            "/contacts/{contact_id}": contact,
            "/contacts/{contact_id}/absence": {"place": 0, "first_on": "2025-03-12", "last_on": "2025-03-31"},
            "/settings/matching": {"weights": WEIGHTS, "verified_days": 180},
            "/match": {
                name: value
                for name, value in a_referral().items()
                if name not in ("referral_id", "health_centre", "participant", "signs", "wishes", "study_arm", "policy")
            }
            | {"participant": {"age": 67}},
        }
        rest = route.path.removeprefix("/activities")
        if rest.startswith("/keeping"):
            forms = {"agreements": {"valid_to": "2026-04-30"}, "contacts": {"email": "ny@frivillig.test"}}
            return Call(ids, form=forms.get(rest.split("/")[2], {}))
        if rest.startswith("/imports"):
            return Call(ids, lines=b"")
        if rest == "/today":
            return Call(ids, query={"municipality": TOWN})
        return Call(ids, bodies.get(rest) if route.method in ("POST", "PUT") else None)

    assert await wrong_answers(activities, "activities", prepare) == []


async def test_the_coordinator_service_answers_as_the_table_says(coordinator: Coordinator) -> None:
    service, numbers = coordinator.service, count(1)
    coordinator.referrals.shared = {"first_name": "Solveig"}
    coordinator.referrals.answered = []
    coordinator.referrals.seats = {"maximum": None, "taken": 1, "waiting": 0}

    async def prepare(route: Route) -> Call:
        n, tokens = next(numbers), ["none"]
        contact_id = UUID(int=5000 + n)  # each its own, for one is sent a few notices an hour
        hook = "https://turleder.test/hook" if route.path.endswith("/webhook") else None
        deputies = [DEPUTY] if route.path.endswith("/handover") else []
        await service.deliver(a_contact(n, contact_id=contact_id, webhook=hook, deputies=deputies))
        ids: dict[str, object] = {
            "contact_id": contact_id,
            "code": TOWN,
            "activity_id": number(1),
            "last_on": "2025-03-01",
        }
        ids |= {"language": "nb", "function": contact_id}
        async with service.client("operator") as client:
            await client.put(f"/coordinator/municipalities/{TOWN}", json=GIVEN)
        if "/answer/" in route.path or "/day/" in route.path or route.path.endswith("/invitations"):
            await service.deliver(a_seat(referral_id=UUID(int=1000 + n), contact_id=contact_id))
            await coordinator.send_notices()
            mails = [mail for mail in coordinator.catcher.messages if "/coordinator/answer/" in mail.text]
            tokens = [link(mails[-1]).rsplit("/", 1)[1]]
        if route.path.endswith(("/shared", "/visit", "/pause")) and "/answer/" in route.path:
            async with service.client() as client:
                await client.post(f"/coordinator/answer/{tokens[0]}", data={"answer": "accept"})
        if route.path.endswith("/questions"):
            async with service.client() as client:
                await client.post(f"/coordinator/answer/{tokens[0]}/question", data=WORDS)
        forms = {
            "{token}": {"answer": "accept"},
            "pause": {"until": "2026-01-01"},
            "visit": {"visit": "attended"},
            "walk-ins": {"walk_ins": "1"},
            "handover": {"until": ""},
            "question": WORDS,
            "remind": {"referral_id": str(UUID(int=1000 + n)), "choice": "1"},
            "more-time": {"referral_id": str(UUID(int=1000 + n)), "choice": "1"},
            "address": {"email": "post@kommune.example"},
        }
        ids["token"] = tokens[0]
        if route.path.endswith("/reports"):
            return Call(ids, {})
        if route.method == "POST":
            form = {} if "/answer/" not in route.path and "{token}" in route.path else None
            return Call(ids, form=form if form is not None else forms.get(route.path.rsplit("/", 1)[1], {}))
        return Call(ids, GIVEN if route.method == "PUT" else None)

    assert await wrong_answers(service, "coordinator", prepare) == []
