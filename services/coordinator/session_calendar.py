"""The next session of an activity as an iCalendar object (RFC 5545), for the reader's calendar. Never who comes."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.coordinator.domain.sessions import next_session
from services.coordinator.words import Written, one_line, place_in

LONGEST_LINE: Final = 74
"""Octets; a continued line begins with a space, which counts."""


def next_session_calendar(about: Mapping[str, Any], language: Written, today: date, zone: ZoneInfo) -> str | None:
    """Return the calendar with the next session after today; None where nobody can know when that is."""
    found = next_session(about["sessions"], today)
    if found is None:
        return None
    start, end = (_utc(at.replace(tzinfo=zone)) for at in found)
    name = one_line(about["activity_name"])
    uid = hashlib.sha256(f"{name}\x00{place_in(language, about)}\x00{start}".encode()).hexdigest()[:32]
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Motesplats//Notices//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{uid}@motesplats",
        f"DTSTAMP:{_utc(datetime.combine(today, time(), zone))}",
        f"DTSTART:{start}",
        f"DTEND:{end}",
        f"SUMMARY:{_text(name)}",
        f"LOCATION:{_text(place_in(language, about))}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return text


def _folded(line: str) -> str:
    """Return the line in pieces of at most 75 octets, no character divided."""
    pieces, piece, octets = [], "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > LONGEST_LINE:
            pieces.append(piece)
            piece, octets = "", 0
        piece, octets = piece + character, octets + size
    return "\r\n ".join((*pieces, piece))
