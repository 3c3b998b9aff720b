"""How long an answer takes: from the POST of a form to InvitationAccepted on its topic, at rest."""

import asyncio
import base64
from time import perf_counter

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text

from bench.figures import Figures, figure, median
from bench.machine import KEY
from bench.platform import Platform, platform, requests
from schemas.coordinator import COORDINATION_TOPIC, InvitationAccepted
from services.coordinator.domain.links import answer_link

REQUESTS, WARM_UP, PER_SECOND = 400, 30, 20
SETTLED = "select count(*) from referral where state in ('chosen', 'invited', 'unmatched')"
ASKED = "select count(*) from invitation where state = 'notified'"
_ASKED = text(
    "select referral_id, choice, generation from invitation where state = 'notified' "
    "and token_hash is not null order by since"
)


async def measure() -> Figures:
    """Return `answer_latency_ms_p50`."""
    async with platform() as running:
        await _invite(running)
        consumer = await _listening(running)
        try:
            latencies = await _answer(running, consumer)
        finally:
            await consumer.stop()
    of = {"answers": len(latencies), "per_s": PER_SECOND, "over": "HTTP", "processes": 3}
    return {"answer_latency_ms_p50": figure(1000 * median(latencies), "ms", **of)}


async def _invite(running: Platform) -> None:
    """Have some hundred contact functions asked; how many notices one gets in an hour is limited."""
    referrals = requests(REQUESTS, seed=3)
    async with httpx.AsyncClient(base_url=running.urls["referral"]) as client:
        for body in referrals:
            token = running.issuer.token("centre", centre=body["health_centre"])
            answer = await client.post("/referral/requests", json=body, headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == httpx.codes.CREATED
    await running.until("referral", SETTLED, len(referrals))
    await running.until("coordinator", ASKED, REQUESTS // 4)


async def _listening(running: Platform) -> AIOKafkaConsumer:
    """Return a consumer that stands at the end of every partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=running.kafka, fetch_max_wait_ms=10)
    await consumer.start()
    partitions = [TopicPartition(COORDINATION_TOPIC, each) for each in await _partitions(consumer)]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)
    return consumer


async def _partitions(consumer: AIOKafkaConsumer) -> set[int]:
    await consumer._client.force_metadata_update()  # noqa: SLF001 - it knows no topic before it has one
    async with asyncio.timeout(10):
        while not (found := consumer.partitions_for_topic(COORDINATION_TOPIC)):
            await consumer.topics()
            await asyncio.sleep(0.05)
    return set(found)


async def _answer(running: Platform, consumer: AIOKafkaConsumer) -> list[float]:
    """Accept every open invitation and return the seconds that each took; the first ones warm up."""
    async with running.engines["coordinator"].connect() as connection:
        rows = (await connection.execute(_ASKED)).all()
    key = base64.b64decode(KEY)
    links = {str(row.referral_id): answer_link(key, row.referral_id, row.choice, row.generation).token for row in rows}
    sent: dict[str, float] = {}
    taken: dict[str, float] = {}

    async def hear() -> None:
        async for record in consumer:
            if dict(record.headers)["ce_type"].decode() == InvitationAccepted.type():
                taken.setdefault(record.key.decode(), perf_counter())
                if len(taken) == len(links):
                    return

    async with httpx.AsyncClient(base_url=running.urls["coordinator"]) as client:

        async def post(referral_id: str, token: str) -> None:
            sent[referral_id] = perf_counter()
            answer = await client.post(f"/coordinator/answer/{token}", data={"answer": "accept"})
            assert answer.status_code == httpx.codes.SEE_OTHER

        hearing = asyncio.create_task(hear())
        started = perf_counter()
        posts = []
        for number, (referral_id, token) in enumerate(links.items()):
            await asyncio.sleep(max(0.0, started + number / PER_SECOND - perf_counter()))
            posts.append(asyncio.create_task(post(referral_id, token)))
        await asyncio.gather(*posts)
        async with asyncio.timeout(60):
            await hearing
    return [taken[referral_id] - sent[referral_id] for referral_id in list(links)[WARM_UP:]]
