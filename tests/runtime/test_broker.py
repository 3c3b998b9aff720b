"""The settings that promises to and from Kafka hang on."""

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr

from schemas.topics import Topic
from services.runtime.broker import connection, create_topics, make_broker, make_producer, subscription
from services.runtime.settings import Settings


def on_kafka(settings: Settings) -> Settings:
    return settings.model_copy(update={"kafka_broker": "kafka", "instance": "7"})


@pytest.mark.parametrize(("kind", "idempotent"), [("kafka", True), ("tansu", False)])
async def test_trap_09_a_producer_takes_for_sent_only_what_all_replicas_have(
    settings: Settings, kind: str, *, idempotent: bool
) -> None:
    producer = make_producer(settings.model_copy(update={"kafka_broker": kind}))
    assert producer._sender._acks == -1
    assert (producer._txn_manager is not None) is idempotent
    await producer.stop()


def test_trap_13_a_consumer_is_known_by_its_instance_on_kafka_and_joins_quickly_on_the_embedded_broker(
    settings: Settings,
) -> None:
    kafka, tansu = subscription(on_kafka(settings), "toy"), subscription(settings, "toy")
    assert (kafka["group_instance_id"], kafka["session_timeout_ms"]) == ("toy-7", 45_000)
    assert "group_instance_id" not in tansu
    assert tansu["session_timeout_ms"] == 2_000


def test_trap_09_a_topic_that_is_made_later_is_noticed_in_seconds_and_none_is_made_by_itself(
    settings: Settings,
) -> None:
    for found, ms in ((on_kafka(settings), 5_000), (settings, 1_000)):
        config = make_broker(found).config.broker_config
        assert config.builder.keywords["metadata_max_age_ms"] == ms
        assert not config.allow_auto_create_topics


def test_trap_15_a_broker_of_production_is_reached_over_tls_with_a_password(settings: Settings) -> None:
    production = on_kafka(settings).model_copy(
        update={
            "kafka_security_protocol": "SASL_SSL",
            "kafka_username": "toy",
            "kafka_password": SecretStr("secret"),
        }
    )
    found = connection(production)
    assert found["ssl_context"].check_hostname
    assert (found["sasl_mechanism"], found["sasl_plain_password"]) == ("SCRAM-SHA-512", "secret")
    consumers = make_broker(production).config.broker_config.builder.keywords
    del found["bootstrap_servers"]
    assert {name: consumers[name] for name in found} == found


async def test_topics_that_are_missing_are_made_and_what_is_there_is_left(settings: Settings) -> None:
    few, kept = Topic("test-broker-few-v1", partitions=3, days=3), Topic("test-broker-kept-v1", days=None)
    assert await create_topics(settings, [few], replication=1) == [few.name]
    assert await create_topics(settings, [Topic(few.name, partitions=12), kept], replication=1) == [kept.name]
    async with AIOKafkaConsumer(few.name, kept.name, bootstrap_servers=settings.kafka_bootstrap_servers) as consumer:
        assert [len(consumer.partitions_for_topic(topic.name) or ()) for topic in (few, kept)] == [3, 12]
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, t.name) for t in (few, kept)])
    await admin.close()
    configs = {name: {entry[0]: entry[1] for entry in entries} for _, _, _, name, entries in answer.resources}
    assert configs == {
        few.name: {"cleanup.policy": "delete", "retention.ms": str(3 * 24 * 3600 * 1000)},
        kept.name: {"cleanup.policy": "compact"},
    }
