"""What stands in a topic, read as anyone could read it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

Records = list[ConsumerRecord[Any, Any]]


async def all_in(bootstrap_servers: str, *topics: str) -> Records:
    """Return everything that the topics hold now, each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest", fetch_max_wait_ms=10)
    await consumer.start()
    try:
        for topic in topics:
            await consumer._client._wait_on_metadata(topic)
        places = [TopicPartition(topic, n) for topic in topics for n in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: Records = []
        for place, end in ends.items():
            while await consumer.position(place) < end:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    found.extend(records)
        return found
    finally:
        await consumer.stop()


def attribute(record: ConsumerRecord[Any, Any], name: str) -> str | None:
    """Return a header of the record; None without it."""
    return next((value.decode() for header, value in record.headers if header == name), None)


def once(records: Iterable[ConsumerRecord[Any, Any]]) -> Records:
    """Return the records without repeats, as a reader's inbox takes them: the first of each id."""
    first: dict[str | None, ConsumerRecord[Any, Any]] = {}
    for record in records:
        first.setdefault(attribute(record, "ce_id"), record)
    return list(first.values())


def sequences(records: Iterable[ConsumerRecord[Any, Any]]) -> dict[str, list[int]]:
    """Return the numbers of each key's events in the order in which they stand."""
    found: dict[str, list[int]] = defaultdict(list)
    for record in records:
        found[record.key.decode()].append(int((attribute(record, "ce_sequence") or "")[6:]))
    return dict(found)
