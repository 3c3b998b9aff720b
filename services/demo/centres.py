"""Simulated health centres: they send requests, hear what becomes of them, and their coaches choose. Never a notice."""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas import cloudevents
from schemas.event import centre_topic
from schemas.referral import REQUESTS_TOPIC, STATUS_TOPIC, ReferralRejected, ReferralRequested
from schemas.strict import FieldError
from services.demo.referrals import CENTRES, Request
from services.demo.story import Story
from services.demo.telling import Telling
from services.one_machine import OneMachine

SENT_A_SECOND: Final = 15
WOULD_TAKE_NEXT: Final = 2
_NAMES: Final = {centre.id: centre.name for centre in CENTRES}


class HealthCentres:
    """All of them, each with a token of its own and one for its coaches."""

    def __init__(self, machine: OneMachine, http: httpx.AsyncClient, story: Story, telling: Telling) -> None:
        self._kafka, self._http = machine.kafka, http
        self._story, self._telling, self._by_id = story, telling, story.by_id
        self._tokens = {
            (role, centre): f"Bearer {machine.issuer.token(role, centre=centre)}"
            for centre in _NAMES
            for role in ("centre", "coach")
        }

    async def send(self, requests: Iterable[Request]) -> None:
        """Send the requests, some a second, each the way it is to go."""
        async with AIOKafkaProducer(bootstrap_servers=self._kafka, acks="all") as producer:
            for request in requests:
                self._story.sent_at[request.body["referral_id"]] = datetime.now(UTC)
                if request.over == "kafka":
                    await self._produce(producer, request.body)
                else:
                    await self._post(request.body)
                centre = _NAMES[request.body["health_centre"]]
                self._telling.happened("sent", f"{centre} refers somebody, over {request.over}")
                await asyncio.sleep(1 / SENT_A_SECOND)

    async def listen(self) -> None:
        """Hear for ever what becomes of the referrals, and do what is for the centre and its coaches to do."""
        topics = [TopicPartition(centre_topic(STATUS_TOPIC, centre), 0) for centre in _NAMES]
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, auto_offset_reset="earliest", group_id=None, fetch_max_wait_ms=50
        )
        consumer.assign(topics)
        async with consumer, asyncio.TaskGroup() as doing:
            async for record in consumer:
                kind = dict(record.headers)["ce_type"].decode()
                doing.create_task(self._hear(kind, json.loads(record.value)))

    async def _hear(self, kind: str, told: dict[str, Any]) -> None:
        referral_id = told["referral_id"]
        if kind == ReferralRejected.type():
            self._refused(referral_id, told["errors"])
            return
        is_new = referral_id not in self._story.states
        self._story.states[referral_id] = told["state"]
        request = self._by_id[referral_id]
        if is_new:
            self._telling.happened("stored", f"{_NAMES[request.body['health_centre']]} hears: {told['state']}")
            if request.over == "kafka":
                await self._give_contact(request)
        match told["state"], told["waiting_on"]:
            case "proposed", "participant":
                await self._choose(request)
            case "received", "coach":  # of a protected identity: to be arranged in person
                await self._proposals(request)
            case _:
                pass

    async def _produce(self, producer: AIOKafkaProducer, body: dict[str, Any]) -> None:
        headers = cloudevents.headers(
            event_id=str(uuid4()),
            source=f"/health-centre/{body['health_centre']}",
            event_type=ReferralRequested.type(),
            time=datetime.now(UTC),
            key=body["referral_id"],
        )
        topic = centre_topic(REQUESTS_TOPIC, body["health_centre"])
        await producer.send_and_wait(
            topic, json.dumps(body).encode(), key=body["referral_id"].encode(), headers=headers
        )

    async def _post(self, body: dict[str, Any]) -> None:
        answer = await self._call("centre", body["health_centre"], "POST", "/referral/requests", body)
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            self._refused(body["referral_id"], answer.json()["errors"])
        else:
            self._expect(answer, httpx.codes.CREATED)

    async def _give_contact(self, request: Request) -> None:
        """Tell over HTTP what may not travel over Kafka: how the participant is reached."""
        referral_id, centre = request.body["referral_id"], request.body["health_centre"]
        contact = request.participant.contact()
        answer = await self._call("coach", centre, "PUT", f"/referral/referrals/{referral_id}/contact", contact)
        if answer.is_success:
            self._story.contact_given[referral_id] = datetime.now(UTC)
        else:
            self._expect(answer, httpx.codes.OK)

    async def _choose(self, request: Request) -> None:
        """Have the coach and the participant choose the first proposal, and what they would take next."""
        proposed = [proposal["activity_id"] for proposal in await self._proposals(request)]
        referral_id, centre = request.body["referral_id"], request.body["health_centre"]
        choice = {"activity_id": proposed[0], "then": proposed[1 : 1 + WOULD_TAKE_NEXT]}
        answer = await self._call("coach", centre, "POST", f"/referral/referrals/{referral_id}/choice", choice)
        self._expect(answer, httpx.codes.OK)
        self._telling.happened("chosen", f"a coach of {_NAMES[centre]} records a choice of {len(proposed)}")

    async def _proposals(self, request: Request) -> list[dict[str, Any]]:
        referral_id, centre = request.body["referral_id"], request.body["health_centre"]
        answer = await self._call("coach", centre, "GET", f"/referral/referrals/{referral_id}")
        self._expect(answer, httpx.codes.OK)
        proposals: list[dict[str, Any]] = answer.json()["proposals"]
        return proposals

    async def _call(self, role: str, centre: str, method: str, path: str, body: object = None) -> httpx.Response:
        authorization = {"Authorization": self._tokens[role, centre]}
        return await self._http.request(method, path, json=body, headers=authorization)

    def _expect(self, answer: httpx.Response, status: int) -> None:
        if answer.status_code != status:
            call = f"{answer.request.method} {answer.request.url.path}"
            self._story.surprises.append(f"{call}: {answer.status_code} instead of {int(status)}")

    def _refused(self, referral_id: str, errors: list[dict[str, str]]) -> None:
        self._story.refused[referral_id] = [FieldError(error["path"], error["rule"]) for error in errors]
        centre = _NAMES[self._by_id[referral_id].body["health_centre"]]
        paths = ", ".join(error["path"] for error in errors)
        self._telling.happened("refused", f"{centre} is told what is wrong: {paths}")
