"""A consumer acknowledges as the member of its group that has read. Knows no content."""

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalGenerationError


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


def knows_its_group(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether the consumer knows who leads its group: without, it may read on, and acknowledges nothing."""
    return consumer._coordinator is None or consumer._coordinator.coordinator_id is not None  # noqa: SLF001 - as above
