"""The headers of an event on Kafka (CloudEvents 1.0, binary mode). Never its value."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from schemas.strict import FieldError, Invalid

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"

_RULES: Final = {
    "ce_id": ("[A-Za-z0-9._-]{1,64}", "must be 1 to 64 letters A-Z, digits, dots, hyphens or _"),
    "ce_source": ("/[!-~]{1,255}", "must be a path without blanks"),
    "ce_type": ("[!-~]{1,255}", "must be a name without blanks"),
    "ce_time": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-]00:00)",
        "must be a time in UTC, as in RFC 3339",
    ),
    "ce_subject": ("[!-~]{1,255}", "must be the key"),
    "ce_specversion": (re.escape(SPEC_VERSION), f"must be {SPEC_VERSION}"),
    "content-type": (r"(?i:application/json)(?:\s*;.*)?", f"must be {CONTENT_TYPE}"),
}
_REQUIRED: Final = tuple((name, re.compile(pattern).fullmatch, rule) for name, (pattern, rule) in _RULES.items())
_SEQUENCE: Final = re.compile("[0-9]{20}")
_TRACEPARENT: Final = re.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_OURS: Final = frozenset({*_RULES, "ce_sequence", "traceparent"})


class Attributes(NamedTuple):
    """What the headers say; `sequence` (20 digits) and `traceparent` only where they are."""

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    specversion: str
    content_type: str
    sequence: str | None = None
    traceparent: str | None = None


def headers(
    *,
    event_id: str,
    source: str,
    event_type: str,
    time: datetime,
    key: str,
    sequence: str | None = None,
    traceparent: str | None = None,
) -> list[tuple[str, bytes]]:
    """Return the headers of an event; the time is aware."""
    written = [
        ("ce_id", event_id),
        ("ce_source", source),
        ("ce_type", event_type),
        ("ce_time", time.astimezone(UTC).isoformat().replace("+00:00", "Z")),
        ("ce_subject", key),
        ("ce_specversion", SPEC_VERSION),
        ("content-type", CONTENT_TYPE),
    ]
    if sequence is not None:
        written.append(("ce_sequence", sequence))
    if traceparent is not None:
        written.append(("traceparent", traceparent))
    return [(name, value.encode()) for name, value in written]


def read(raw: Iterable[tuple[str, bytes | None]]) -> Attributes:
    """Read an event's headers, or Invalid with all that is wrong; headers that are not ours are passed over."""
    return check({name: _text(value) for name, value in raw if name in _OURS and value is not None})


def check(attributes: Mapping[str, str]) -> Attributes:
    """Return what the decoded headers say, or Invalid with all that is wrong.

    A `traceparent` that cannot be read is none, as its standard demands.
    """
    errors = [FieldError(name, rule) for name, fits, rule in _REQUIRED if fits(attributes.get(name, "")) is None]
    sequence, traceparent = attributes.get("ce_sequence"), attributes.get("traceparent")
    if sequence is not None and _SEQUENCE.fullmatch(sequence) is None:
        errors.append(FieldError("ce_sequence", "must be 20 digits"))
    time = _time(attributes.get("ce_time", ""))
    if errors or time is None:
        raise Invalid(errors or [FieldError("ce_time", _RULES["ce_time"][1])])
    return Attributes(
        id=attributes["ce_id"],
        source=attributes["ce_source"],
        type=attributes["ce_type"],
        time=time,
        subject=attributes["ce_subject"],
        specversion=attributes["ce_specversion"],
        content_type=attributes["content-type"],
        sequence=sequence,
        traceparent=traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None,
    )


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
