"""The coordinator service on a real database, a real mail server and a stand-in for the referral service over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.activities import ContactFunctionChanged, SeatReserved
from services.coordinator.app import CoordinatorSettings, make
from services.coordinator.sending import Batch, Notices
from services.runtime.embedded.child import free_port, until
from services.runtime.embedded.mail import Mail, MailCatcher
from services.runtime.issuer import Issuer
from services.runtime.process import Made
from services.runtime.service_tokens import from_issuer
from services.runtime.web import server
from tests.conftest import MakeDatabase
from tests.support.builders import a_session
from tests.support.service_testing import KEY, Clock, Landed, UnderTest, a_record, settings_for, under_test

REFERRAL, ACTIVITY, CONTACT = UUID(int=1), UUID(int=2), UUID(int=3)
MUNICIPALITY = "NO-5501"


@dataclass
class Referrals:
    """Stands in for the referral service: who consents, and what they share."""

    url: str = ""
    is_away: bool = False
    refused: set[UUID] = field(default_factory=set)
    shared: dict[str, Any] | None = None
    answered: list[dict[str, Any]] | None = None
    ending: dict[str, Any] | None = None
    seats: dict[str, Any] | None = None
    is_answered: bool | None = False
    """Whether the coach has answered; None: it is over."""
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """What was put to the coach or paused: the path and the body."""
    asked: list[list[str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Begin anew: everybody consents, nobody shares."""
        self.is_away, self.shared, self.answered, self.ending, self.seats = False, None, None, None, None
        self.is_answered = False
        for kept in (self.refused, self.asked, self.tokens, self.told):
            kept.clear()

    async def consents(self, request: Request) -> Response:
        """Answer which of the referrals have consent in force."""
        ids = (await request.json())["referral_ids"]
        self.asked.append(ids)
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        if self.is_away:
            return Response(status_code=503)
        return JSONResponse({"in_force": [one for one in ids if UUID(one) not in self.refused]})

    async def share(self, request: Request) -> Response:
        """Answer what is shared with whoever accepted."""
        return self._of_participant(request, self.shared)

    async def questions(self, request: Request) -> Response:
        """Answer what was asked, and what the coach said."""
        return self._of_participant(request, self.answered)

    async def ends(self, _request: Request) -> Response:
        """Answer what of the catalogue ends soon."""
        return Response(status_code=503) if self.ending is None else JSONResponse(self.ending)

    async def tell(self, request: Request) -> Response:
        """Take what is told."""
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        if self.is_away:
            return Response(status_code=503)
        self.told.append((request.url.path, await request.json()))
        return Response(status_code=204)

    async def look(self, request: Request) -> Response:
        """Answer whether a question was answered."""
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        if self.is_away or self.is_answered is None:
            return Response(status_code=503 if self.is_away else 410)
        return JSONResponse({"is_answered": self.is_answered})

    async def count(self, request: Request) -> Response:
        """Count who comes by themselves, and answer with the seats."""
        answer = await self.tell(request)
        if self.is_away or self.seats is not None:
            return answer if self.is_away else JSONResponse(self.seats)
        return Response(status_code=404)

    def _of_participant(self, request: Request, known: object) -> Response:
        self.asked.append([request.path_params["referral_id"], *request.query_params.values()])
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        if self.is_away:
            return Response(status_code=503)
        return Response(status_code=410) if known is None else JSONResponse(known)


@dataclass
class Coordinator:
    """The service with what surrounds it."""

    service: UnderTest
    referrals: Referrals
    catcher: MailCatcher

    async def send_notices(self) -> None:
        """Let the notifiers do what is due, until nothing is."""
        steps = [loop.step for loop in self.service.service._loops if loop.name.startswith("notifier")]
        while any([await step(self.service.clock()) for step in steps]):
            pass

    async def tried_for_a_day(self) -> None:
        """Let a day pass, as if each notice that waits had been tried again all the time."""
        async with self.service.service.engine.connect() as connection:
            await connection.execute(text("update invitation set attempts = 294"))
        self.service.clock.now += timedelta(days=1)

    async def run_errands(self) -> None:
        """Let what is due be told to other services."""
        (step,) = [loop.step for loop in self.service.service._loops if loop.name == "errands"]
        await step(self.service.clock())

    async def invite(self, referral_id: UUID = REFERRAL, *, activity_name: str = "Tur i Folkeparken") -> str:
        """Reserve a seat, send the notice, and return the path of the answer page."""
        await self.service.deliver(a_contact(), a_seat(referral_id=referral_id, activity_name=activity_name))
        await self.send_notices()
        return link(self.catcher.messages[-1])

    async def state(self, choice: int = 1) -> dict[str, Any]:
        """Return the row of an invitation."""
        rows = await self.service.rows("select * from invitation where choice = :choice", choice=choice)
        return rows[0]


@pytest.fixture(scope="session")
async def referral_service() -> AsyncIterator[Referrals]:
    stub = Referrals()
    app = Starlette(
        routes=[
            Route("/referral/consents", stub.consents, methods=["POST"]),
            Route("/referral/referrals/{referral_id}/shared", stub.share),
            Route("/referral/referrals/{referral_id}/questions", stub.questions),
            Route("/referral/referrals/{referral_id}/questions/{question_id}", stub.tell, methods=["PUT"]),
            Route("/referral/referrals/{referral_id}/questions/{question_id}", stub.look),
            Route("/activities/activities/{activity_id}/pause", stub.tell, methods=["PUT"]),
            Route("/activities/activities/{activity_id}/walk-ins", stub.count, methods=["PUT"]),
            Route("/activities/contacts/{contact_id}/absence", stub.tell, methods=["PUT"]),
            Route("/activities/today", stub.ends),
        ]
    )
    port = free_port()
    stub.url = f"http://127.0.0.1:{port}"
    web = server(app, host="127.0.0.1", port=port)
    serving = asyncio.create_task(web._serve())
    await until(lambda: web.started, within=60)
    yield stub
    web.should_exit = True
    await serving


@pytest.fixture
def referrals(referral_service: Referrals) -> Referrals:
    referral_service.forget()
    return referral_service


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with MailCatcher() as catcher:
        yield catcher


@pytest.fixture
def own(referrals: Referrals, catcher: MailCatcher) -> dict[str, Any]:
    return own_settings(referrals, catcher)


@pytest.fixture
async def coordinator(
    database: MakeDatabase, referrals: Referrals, catcher: MailCatcher, own: dict[str, Any], tmp_path: Path
) -> AsyncIterator[Coordinator]:
    settings = CoordinatorSettings(**settings_for(await database("coordinator"), **own))

    def put_together(issuer: Issuer, clock: Clock) -> Made:
        tokens = from_issuer(issuer, "coordinator")
        return make(settings, verifier=issuer.verifier(), tokens=tokens, clock=clock)

    async with (
        under_test(put_together, tmp_path) as service,
        AsyncExitStack() as stack,
    ):
        for resource in service.service._kept:
            await stack.enter_async_context(resource)
        yield Coordinator(service, referrals, catcher)


def own_settings(referrals: Referrals, catcher: MailCatcher, **changes: object) -> dict[str, Any]:
    """Return the coordinator service's own settings."""
    return {
        "link_key": KEY,
        "referral_url": referrals.url,
        "activities_url": referrals.url,
        "smtp_host": catcher.host,
        "smtp_port": catcher.port,
        "smtp_tls": "none",
        "mail_from": "motesplats@mote.example",
        "notices_per_hour": 1000,
        **changes,
    }


async def not_written_down(coordinator: Coordinator, sending: Notices) -> Batch:
    """Hand over what is due, and leave it at that."""
    now = coordinator.service.clock()
    batch = await sending._begin(await sending._claim(now), now)
    await sending._hand_over(batch)
    return batch


async def unmarked(coordinator: Coordinator) -> None:
    """Be as if who handed mails over had been killed before they could mark them."""
    async with coordinator.service.service.engine.connect() as connection:
        assert await connection.change(text("delete from handed_over")) > 0


def a_seat(choice: int = 1, *, referral_id: UUID = REFERRAL, **changes: object) -> SeatReserved:
    """Return a SeatReserved for a walk in Tromsø on Mondays."""
    seat = {
        "referral_id": referral_id,
        "choice": choice,
        "activity_id": ACTIVITY,
        "contact_id": CONTACT,
        "municipality": MUNICIPALITY,
        "activity_name": "Tur i Folkeparken",
        "organiser_name": "Tromsø kommune",
        "place_name": "Folkeparken",
        "address": "Conrad Holmboes veg",
        "mode": "place",
        "sessions": (a_session(),),
    }
    return SeatReserved.model_validate(seat | changes)


def a_contact(sequence: int = 1, **changes: object) -> Landed:
    """Return a ContactFunctionChanged as it comes over Kafka, with its place in the order of its key."""
    contact = {
        "contact_id": CONTACT,
        "municipality": MUNICIPALITY,
        "name": "Turleder",
        "email": "tur@mote.example",
        "phone": None,
        "language": "nb",
    }
    return a_record(
        ContactFunctionChanged.model_validate(contact | changes), headers={"ce_sequence": f"{1:06d}{sequence:014d}"}
    )


def link(mail: Mail) -> str:
    """Return the path of the answer page in a mail."""
    (line,) = [line for line in mail.text.splitlines() if "/coordinator/answer/" in line]
    return line.removeprefix("http://testserver")
