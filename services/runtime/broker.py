"""How we speak to Kafka: the settings that promises hang on, in one place, and the topics."""

import asyncio
import ssl
from collections.abc import Iterable
from functools import lru_cache, partial
from time import monotonic
from typing import Any

import aiokafka.admin.client
import aiokafka.client
import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.metadata import MetadataRequest
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512

from schemas.topics import Topic
from services.runtime.fetching import SHORT_MS
from services.runtime.settings import Settings

log = structlog.get_logger(__name__)

LARGEST_MESSAGE = 1_048_576
DAY_MS = 86_400_000
TOPICS_SECONDS = 40.0
"""How long who begins to read waits for topics that are still to be made."""
LOOK_SECONDS = 0.5

# Who asks about a topic has it made, with as many partitions as the broker likes, unless it says not to; aiokafka has
# no setting for that. If we make the topic at that moment, some see the broker's number of partitions and some ours.
for _module in (aiokafka.client, aiokafka.admin.client):
    _module.MetadataRequest = partial(MetadataRequest, allow_auto_topic_creation=False)


@lru_cache(maxsize=8)
def _tls(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def connection(settings: Settings) -> dict[str, Any]:
    """Return what every aiokafka client needs to reach the brokers."""
    found: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": settings.kafka_security_protocol,
    }
    if "SSL" in settings.kafka_security_protocol:
        found["ssl_context"] = _tls(settings.kafka_ca_file)
    if "SASL" in settings.kafka_security_protocol:
        found |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": _password(settings),
        }
    return found


def make_broker(settings: Settings) -> KafkaBroker:
    """Return the FastStream broker of a service; it makes no topic by itself."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        security=_security(settings),
        # A topic that is made later is noticed in five seconds, not in aiokafka's five minutes; sooner on Tansu.
        metadata_max_age_ms=5_000 if settings.kafka_broker == "kafka" else 1_000,
        allow_auto_create_topics=False,
        apply_types=False,
        logger=None,
    )


def group_of(service: str, *, requests: bool = False) -> str:
    """Return the consumer group of a service; topics found by a pattern have a group of their own."""
    return f"motesplats-{service}-requests" if requests else f"motesplats-{service}"


def subscription(settings: Settings, service: str) -> dict[str, Any]:
    """Return a subscriber's arguments but for topics, acknowledgement, parser and decoder."""
    fixed = {
        "group_id": group_of(service),
        "auto_offset_reset": "earliest",
        "batch": True,
        "max_records": 500,
        # FastStream sleeps this long again whenever a poll brought nothing: short, or it is latency.
        "batch_timeout_ms": 10,
        "max_workers": 1,
        "no_reply": True,
        "fetch_max_wait_ms": SHORT_MS if settings.kafka_broker == "tansu" else 100,
        "rebalance_timeout_ms": 60_000 if settings.kafka_broker == "kafka" else 10_000,
    }
    if settings.kafka_broker == "tansu":
        # Its coordinator waits half a session at a join, and does not know static members.
        return fixed | {"session_timeout_ms": 2_000, "heartbeat_interval_ms": 500}
    return fixed | {
        "session_timeout_ms": 45_000,
        "heartbeat_interval_ms": 3_000,
        "group_instance_id": f"{service}-{settings.instance}",
    }


def make_producer(settings: Settings) -> AIOKafkaProducer:
    """Return a producer that acknowledges only what all in-sync replicas have."""
    return AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=settings.kafka_broker == "kafka",
        linger_ms=0,
        max_request_size=LARGEST_MESSAGE,
        max_batch_size=LARGEST_MESSAGE,
        request_timeout_ms=8_000,
        metadata_max_age_ms=60_000,
    )


async def wait_for_topics(settings: Settings, topics: Iterable[str]) -> None:
    """Wait until the broker has the topics; UnknownTopicOrPartitionError if it takes too long.

    aiokafka would wait as long, and name them ten times a second instead of once.
    """
    wanted, until = set(topics), monotonic() + TOPICS_SECONDS
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        if missing := wanted - set(await admin.list_topics()):
            log.error("topics_missing", topic=sorted(missing), seconds=TOPICS_SECONDS)
        while missing:
            if monotonic() > until:
                raise UnknownTopicOrPartitionError(sorted(missing))
            await asyncio.sleep(LOOK_SECONDS)
            missing = wanted - set(await admin.list_topics())
    finally:
        await admin.close()


async def partitions_by_topic(settings: Settings) -> dict[str, list[TopicPartition]]:
    """Return all topics that we may see, with their partitions. A consumer knows those of its own topics only."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        described = await admin.describe_topics(sorted(await admin.list_topics()))
    finally:
        await admin.close()
    return {
        topic["topic"]: [TopicPartition(topic["topic"], part["partition"]) for part in topic["partitions"]]
        for topic in described
    }


async def members_of(settings: Settings, groups: Iterable[str]) -> list[int]:
    """Return for each group how many consumers have joined it and know what is theirs to read."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        # One at a time: Tansu's answer about several cannot be read.
        answers = [answer for group in groups for answer in await admin.describe_consumer_groups([group])]
    finally:
        await admin.close()
    found = [group for answer in answers for group in answer.to_object()["groups"]]
    return [len(group["members"]) if group["state"] == "Stable" else 0 for group in found]


async def create_topics(settings: Settings, topics: Iterable[Topic], replication: int) -> list[str]:
    """Make the topics that are missing and return their names; an existing one is left as it is."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        return [topic.name for topic in topics if await _create(admin, topic, replication)]
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, topic: Topic, replication: int) -> bool:
    config = {"cleanup.policy": "compact"}
    if topic.days is not None:
        config = {"cleanup.policy": "delete", "retention.ms": str(topic.days * DAY_MS)}
    if replication > 1:
        config |= {"min.insync.replicas": str(replication - 1)}
    new = NewTopic(topic.name, topic.partitions, replication, topic_configs=config)
    try:
        answer = await admin.create_topics([new])
    except TopicAlreadyExistsError:
        return False
    for _, code, *_ in answer.topic_errors:
        error = for_code(code)
        if error is TopicAlreadyExistsError:
            return False
        if code:
            raise error(topic.name)
    return True


def _password(settings: Settings) -> str | None:
    return settings.kafka_password.get_secret_value() if settings.kafka_password else None


def _security(settings: Settings) -> BaseSecurity | None:
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    context = _tls(settings.kafka_ca_file) if "SSL" in settings.kafka_security_protocol else None
    if "SASL" in settings.kafka_security_protocol:
        return SASLScram512(
            username=settings.kafka_username or "",
            password=_password(settings) or "",
            ssl_context=context,
            use_ssl=context is not None,
        )
    return BaseSecurity(ssl_context=context, use_ssl=True)
