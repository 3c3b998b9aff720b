"""From a referral request to the notice: how many a second under load, and how long each takes at rest."""

import asyncio
import base64
import json
import uuid
from itertools import groupby
from operator import itemgetter
from time import perf_counter
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from sqlalchemy import text

from bench.cpu import spent
from bench.figures import Figures, figure, percentile
from bench.machine import KEY
from bench.platform import MAIL_FROM, Platform, platform, requests
from schemas.event import centre_topic
from schemas.referral import ReferralRequested
from services.coordinator.domain.links import answer_link

WARM_UP, LOAD = 1_500, 12_000
SENT_AT_ONCE = 200
PER_SECOND, LATENCY_REQUESTS = 20, 600
EVENTS_PER_REFERRAL = 6
NOTIFIED = "select count(*) from referral where state = 'invited'"
_INVITATIONS = text("select referral_id, choice, generation from invitation where state = 'notified'")
SETTLED = "select count(*) from referral where state in ('invited', 'unmatched')"


async def measure() -> Figures:
    """Return `chain_events_per_s` and the latencies; `chain_efficiency` needs the floor of the same run."""
    async with platform() as running:
        referrals = requests(WARM_UP + LOAD)
        await _carry(running, referrals[:WARM_UP], 0)
        latencies = await _latencies(running, requests(LATENCY_REQUESTS, seed=2), WARM_UP)
        before = await running.count("referral", NOTIFIED)
        services = {name: process.pid for name, process in running.processes.items()}
        spent_before = spent(services)
        seconds = await _carry(running, referrals[WARM_UP:], WARM_UP + LATENCY_REQUESTS)
        spent_on_it = spent(services) - spent_before
        invited = await running.count("referral", NOTIFIED) - before
        rate = invited / seconds
    of = {"referrals": LOAD, "notified": invited, "policy": "best_match", "processes": 3, "mails": "to a sink"}
    cpu_ms = {part: round(1000 * each / invited, 3) for part, each in spent_on_it.most_common()}
    at_rest = {"requests": len(latencies), "per_s": PER_SECOND, "over": "HTTP"}
    return {
        "chain_referrals_per_s": figure(rate, "referrals/s", **of),
        "chain_events_per_s": figure(EVENTS_PER_REFERRAL * rate, "events/s", **of),
        "chain_cpu_ms_per_referral": figure(sum(cpu_ms.values()), "ms", parts=cpu_ms, **of),
        "notice_latency_ms_p50": figure(1000 * percentile(latencies, 0.5), "ms", **at_rest),
        "notice_latency_ms_p99": figure(1000 * percentile(latencies, 0.99), "ms", **at_rest),
    }


async def _carry(running: Platform, referrals: list[dict[str, Any]], before: int) -> float:
    """Send all requests over Kafka; return the seconds until nothing of them is on its way any more.

    A request that no activity fits ends `unmatched`, so the wait is for all, and the rate counts the notified.
    """
    producer = AIOKafkaProducer(bootstrap_servers=running.kafka, acks="all", max_batch_size=1_000_000)
    await producer.start()
    records = sorted((as_record(body) for body in referrals), key=itemgetter("topic"))
    by_topic = {topic: list(found) for topic, found in groupby(records, itemgetter("topic"))}
    started = perf_counter()
    # In turn, as centres do; a batch a send, for the load is not what is measured.
    for start in range(0, max(map(len, by_topic.values())), SENT_AT_ONCE):
        batches = filter(None, (found[start : start + SENT_AT_ONCE] for found in by_topic.values()))
        await asyncio.gather(*[await _sent(producer, batch) for batch in batches])
    await producer.stop()
    await running.until("referral", SETTLED, before + len(referrals))
    return perf_counter() - started


async def _sent(producer: AIOKafkaProducer, records: list[dict[str, Any]]) -> asyncio.Future[Any]:
    """Send what goes to one topic, which has one partition, as one batch; return what ends when it is there."""
    batch = producer.create_batch()
    for record in records:
        taken = batch.append(timestamp=None, key=record["key"], value=record["value"], headers=record["headers"])
        assert taken, "the batch is full"
    sent: asyncio.Future[Any] = await producer.send_batch(batch, records[0]["topic"], partition=0)
    return sent


def as_record(body: dict[str, Any]) -> dict[str, Any]:
    """Return the request as a health centre sends it, as a producer's `send` takes it."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(uuid.uuid4()).encode()),
        ("ce_source", f"/health-centre/{body['health_centre']}".encode()),
        ("ce_type", ReferralRequested.type().encode()),
        ("ce_time", b"2026-01-01T00:00:00Z"),
        ("ce_subject", body["referral_id"].encode()),
        ("content-type", b"application/json"),
    ]
    topic = centre_topic(ReferralRequested.topic, body["health_centre"])
    return {"topic": topic, "value": json.dumps(body).encode(), "key": body["referral_id"].encode(), "headers": headers}


async def _latencies(running: Platform, referrals: list[dict[str, Any]], before: int) -> list[float]:
    """Return the seconds from sending POST to the sink's 250 after DATA, of the requests that led to a notice."""
    sent: dict[str, float] = {}
    tokens = {body["health_centre"]: running.issuer.token("centre", centre=body["health_centre"]) for body in referrals}
    async with httpx.AsyncClient(base_url=running.urls["referral"]) as client:

        async def post(body: dict[str, Any]) -> None:
            sent[body["referral_id"]] = perf_counter()
            authorization = {"authorization": f"Bearer {tokens[body['health_centre']]}"}
            answer = await client.post("/referral/requests", json=body, headers=authorization)
            assert answer.status_code == httpx.codes.CREATED

        started = perf_counter()
        posts = []
        for number, body in enumerate(referrals):
            await asyncio.sleep(max(0.0, started + number / PER_SECOND - perf_counter()))
            posts.append(asyncio.create_task(post(body)))
        await asyncio.gather(*posts)
    await running.until("referral", SETTLED, before + len(referrals))
    sent_at = {message_id: sent[of] for message_id, of in await _message_ids(running) if of in sent}
    return [at - sent_at[message_id] for message_id, at in running.mails.items() if message_id in sent_at]


async def _message_ids(running: Platform) -> list[tuple[str, str]]:
    """Return each invitation's Message-ID, as the coordinator service makes it, and its referral."""
    async with running.engines["coordinator"].connect() as connection:
        rows = (await connection.execute(_INVITATIONS)).all()
    key, domain = base64.b64decode(KEY), MAIL_FROM.partition("@")[2]
    return [
        (
            answer_link(key, row.referral_id, row.choice, row.generation).message_id(domain),
            str(row.referral_id),
        )
        for row in rows
    ]
