"""Who announces each event, on which topic, and who hears it: read from the code, shown in README and AsyncAPI."""

from dataclasses import dataclass
from typing import Final

from schemas import topics
from schemas.event import Event
from schemas.referral import REQUESTS_TOPIC, STATUS_TOPIC
from schemas.registry import ALL
from tests.support.made import made_services

CENTRE: Final = "health centre"
ANYONE: Final = ("activity-events-v1", "demand-events-v1")
"""Topics that others than us may read; the access rules of the broker say so."""


@dataclass(frozen=True)
class Travel:
    """One event's way."""

    event: type[Event]
    announced_by: str
    heard_by: tuple[str, ...]

    @property
    def topic(self) -> str:
        """The topic as people write it; a centre's own topics end with the centre."""
        return address(self.event.topic)


def address(topic: str) -> str:
    """Return the topic's name, with places for scheme and value where each centre has its own."""
    return f"{topic}-{{scheme}}-{{value}}" if topic in (REQUESTS_TOPIC, STATUS_TOPIC) else topic


def event_map() -> list[Travel]:
    """Return every event's way, in the order of the registry."""
    return [Travel(event, owner(event), tuple(hearers(event))) for event in ALL]


def owner(event: type[Event]) -> str:
    """Return who announces the event: the service whose contract it stands in, but requests are the centres'."""
    return CENTRE if event.topic == REQUESTS_TOPIC else event.__module__.split(".")[1]


def hearers(event: type[Event]) -> list[str]:
    """Return who hears the event: services that have a handler for it, and outsiders by the topic's access."""
    ours = [name for name, made in made_services().items() if event.type() in made.service.handlers.by_event]
    return [*ours, *([CENTRE] if event.topic == STATUS_TOPIC else []), *(["anyone"] if event.topic in ANYONE else [])]


def table() -> str:
    """Return the map as a table of Markdown, topic by topic."""
    ways = event_map()
    order = [REQUESTS_TOPIC, STATUS_TOPIC, *(topic.name for topic in topics.OURS)]
    rows = sorted(ways, key=lambda way: order.index(way.event.topic))
    lines = ["| topic | event | announced by | heard by |", "|---|---|---|---|"]
    lines += [
        f"| `{way.topic}` | {way.event.__name__} | {way.announced_by} | {', '.join(way.heard_by) or 'nobody'} |"
        for way in rows
    ]
    return "\n".join(lines)
