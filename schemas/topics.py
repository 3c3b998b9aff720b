"""Which topics there are and how each is made. Which event travels on which stands on the event."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from schemas.event import centre_topic

PARTITIONS: Final = 12
REQUEST_DAYS: Final = 3
EVENT_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Topic:
    """How a topic is made: partitions, and how many days it keeps events, None where it is compacted."""

    name: str
    partitions: int = PARTITIONS
    days: int | None = EVENT_DAYS


OURS: Final = (
    Topic("referral-needs-v1"),
    Topic("referral-events-v1"),
    Topic("matching-events-v1"),
    Topic("seat-events-v1"),
    Topic("activity-events-v1", days=None),
    Topic("contact-events-v1", days=None),
    Topic("coordination-events-v1"),
    Topic("demand-events-v1"),
)

COMPACTED: Final = tuple(topic.name for topic in OURS if topic.days is None)
"""Those whose keys are no referral's: what is erased of a referral never touches them."""


def of_one_machine(health_centres: Iterable[str]) -> Iterator[Topic]:
    """Return all topics with one partition each.

    Every partition costs at every fetch, also when it is empty, and that is what an idle machine does all day.
    Instances of a service share the work all the same: one lands, all handle, since lanes are rows.
    """
    for topic in (*OURS, *of_centres(health_centres)):
        yield replace(topic, partitions=1)


def of_centres(health_centres: Iterable[str]) -> Iterator[Topic]:
    """Return each centre's two own topics: what it asks, and what it is told."""
    for centre in health_centres:
        yield Topic(centre_topic("referral-requests-v1", centre), partitions=1, days=REQUEST_DAYS)
        yield Topic(centre_topic("referral-status-v1", centre), partitions=1)
