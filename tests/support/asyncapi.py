"""The AsyncAPI 3 document of all topics, made from schemas, topics and handlers. Holds no payload: it points there."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

import yaml

from schemas import topics
from schemas.event import Event
from schemas.referral import REQUESTS_TOPIC, STATUS_TOPIC
from schemas.registry import ALL
from schemas.topics import Topic
from services.one_machine import SERVICES
from services.runtime.broker import DAY_MS
from tests.support.event_map import Travel, address, event_map

Json = dict[str, Any]
EVENT_HEADERS: Final = {
    "ce_id": "1 to 64 of A-Z a-z 0-9 . _ -; topic, source and id together are the event's identity",
    "ce_source": "/health-centre/<scheme>:<value>, or /referral, /activities, /coordinator",
    "ce_type": "the message's name",
    "ce_time": "RFC 3339, UTC",
    "ce_subject": "the key",
    "ce_specversion": "1.0",
    "content-type": "application/json",
    "ce_sequence": "of our services: 20 digits, 6 of the database's epoch, 14 of the key's number in it",
    "traceparent": "of our services: W3C trace context",
}
OPTIONAL: Final = ("ce_sequence", "traceparent")
SCHEMES: Final = ("hsa", "orgnr", "her")
JSON_SCHEMA: Final = "application/schema+json;version=draft-2020-12"


def document() -> str:
    """Return the document as YAML."""
    head = "# Written by `make docs`; change schemas/ or a service's handlers instead.\n"
    return head + yaml.safe_dump(as_json(), sort_keys=False, allow_unicode=True, width=110)


def as_json() -> Json:
    """Return the document."""
    ways = event_map()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mötesplats",
            "version": "1",
            "description": "All events between health centres and the services referral, activities and coordinator. "
            "CloudEvents 1.0, Kafka binary mode: attributes are headers, the value is the data alone. Readers ignore "
            "fields that they do not know; a field is only ever added.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {name: channel(name) for name in channel_names()},
        "operations": dict(operations(ways)),
        "components": {
            "messages": {event.__name__: message(event) for event in ALL},
            "schemas": {"Headers": headers()},
        },
    }


def channel_names() -> list[str]:
    """Return the topics that some event travels on; a centre's own by their prefix."""
    travelled = {event.topic for event in ALL}
    return [name for name in (REQUESTS_TOPIC, STATUS_TOPIC, *(t.name for t in topics.OURS)) if name in travelled]


def channel(name: str) -> Json:
    """Return a topic with its messages."""
    of_centre = name in (REQUESTS_TOPIC, STATUS_TOPIC)
    parameters = {
        "scheme": {"enum": list(SCHEMES), "description": "what kind of id the health centre has"},
        "value": {"description": "the id: letters, digits, hyphens"},
    }
    made = next(t for t in (*topics.OURS, *topics.of_centres(["scheme:value"])) if t.name.startswith(name))
    return {
        "address": address(name),
        **({"parameters": parameters} if of_centre else {}),
        "messages": {e.__name__: {"$ref": f"#/components/messages/{e.__name__}"} for e in ALL if e.topic == name},
        "bindings": {"kafka": {"partitions": made.partitions, "topicConfiguration": retention(made)}},
    }


def retention(topic: Topic) -> Json:
    """Return how the topic keeps events."""
    if topic.days is None:
        return {"cleanup.policy": ["compact"]}
    return {"cleanup.policy": ["delete"], "retention.ms": topic.days * DAY_MS}


def operations(ways: Sequence[Travel]) -> Iterable[tuple[str, Json]]:
    """Yield what each service sends and receives, an operation for each topic."""
    heard = [(service, "receive", way.event) for way in ways for service in way.heard_by if service in SERVICES]
    sent = [(way.announced_by, "send", way.event) for way in ways if way.announced_by in SERVICES]
    for (service, action, topic), found in groupby(sorted(heard + sent, key=_side), _side):
        yield (
            f"{service}.{action}.{topic}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "title": f"{service}: {action} {topic}",
                "messages": [{"$ref": f"#/channels/{topic}/messages/{event.__name__}"} for *_, event in found],
            },
        )


def _side(operation: tuple[str, str, type[Event]]) -> tuple[str, str, str]:
    service, action, event = operation
    return service, action, event.topic


def message(event: type[Event]) -> Json:
    """Return an event; its payload is the schema that is checked in."""
    return {
        "name": event.type(),
        "title": event.__name__,
        "summary": " ".join((event.__doc__ or "").split()),
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {
            "schemaFormat": JSON_SCHEMA,
            "schema": {"$ref": f"../../schemas/json/{event.event_name}.json"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": f"{event.key_field}, lower case"}}},
    }


def headers() -> Json:
    """Return the schema of the headers."""
    return {
        "type": "object",
        "required": [name for name in EVENT_HEADERS if name not in OPTIONAL],
        "properties": {name: {"type": "string", "description": text} for name, text in EVENT_HEADERS.items()},
    }
