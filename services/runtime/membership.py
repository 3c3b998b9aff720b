"""A consumer as a member of its group: how it joins, what it sees, and how it acknowledges. Knows no content."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import IllegalGenerationError


def join_with_what_it_sees(consumer: AIOKafkaConsumer) -> None:
    """Have the consumer say how many partitions it sees whenever it joins its group.

    Tansu takes a member that joins again with the same words for one that never left, and gives back what it had
    before: a consumer that joined before its topics were made would read none of them for as long as it lives.
    """
    coordinator, cluster = consumer._coordinator, consumer._client.cluster  # noqa: SLF001 - it has no setting for it

    class Seeing(RoundRobinPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
        @classmethod
        def metadata(cls, topics: Sequence[str]) -> ConsumerProtocolMemberMetadata:
            seen = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in sorted(topics)}
            return ConsumerProtocolMemberMetadata(cls.version, list(topics), repr(seen).encode())

    coordinator._assignors = (Seeing,)  # noqa: SLF001 - as above


def look_at_all_topics(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer by pattern go on looking at all topics there are.

    Whenever aiokafka asks where a partition begins that it does not know at that moment, it looks from then on at that
    topic alone, and at the others that it asked so about: a stranger's new topic would never be noticed.
    """
    client = consumer._client  # noqa: SLF001 - it has no setting for it
    if consumer._subscription.subscribed_pattern:  # noqa: SLF001 - as above
        client.add_topic = lambda _topic: client.force_metadata_update()


def acknowledge_as_who_has_read(consumer: AIOKafkaConsumer) -> None:
    """Have the consumer give an acknowledgement up once it joins its group anew; what it was for comes again.

    aiokafka goes on trying while the broker is away, as whatever member it is by then. A broker that came back empty
    would learn of places in what it has lost, and whoever reads from there passes over what came since.
    """
    coordinator, subscription = consumer._coordinator, consumer._subscription  # noqa: SLF001 - as above
    commit = coordinator._do_commit_offsets  # noqa: SLF001 - as above

    async def commit_unless_joining(assignment: Any, offsets: Mapping[TopicPartition, Any]) -> None:  # noqa: ANN401 - aiokafka's
        is_member = coordinator.generation >= 0 and not subscription.reassignment_in_progress
        if not is_member or not assignment.active:
            raise IllegalGenerationError(coordinator.group_id)
        await commit(assignment, offsets)

    coordinator._do_commit_offsets = commit_unless_joining  # noqa: SLF001 - as above


def join_whatever_changes(consumer: AIOKafkaConsumer) -> None:
    """Have the consumer join its group again also when what it subscribes to changed while it looked for the group.

    aiokafka's task ends in an error then: the consumer reads on until it has read all, or nothing, and never joins.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 - it has no setting for it
    need_rejoin = coordinator.need_rejoin

    def has_nothing(subscription: Any) -> bool:  # noqa: ANN401 - aiokafka's
        return need_rejoin(subscription) or not (subscription.active and subscription.assignment.active)

    coordinator.need_rejoin = has_nothing


def has_given_up(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether the consumer will never join its group again: the task that does it has ended."""
    return consumer._coordinator is not None and consumer._coordinator._coordination_task.done()  # noqa: SLF001 - as above


def knows_its_group(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether the consumer knows who leads its group: without, it may read on, and acknowledges nothing."""
    return consumer._coordinator is None or consumer._coordinator.coordinator_id is not None  # noqa: SLF001 - as above
