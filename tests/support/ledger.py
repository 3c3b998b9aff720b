"""What a run did and what it left behind: every call, event, mail and row that matters. Judges nothing."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Row = Mapping[str, Any]
What = Literal["request", "choice", "withdrawal", "accept", "decline"]


@dataclass(frozen=True)
class Call:
    """Something that was asked of the services and that they said they would do, over HTTP or Kafka."""

    what: What
    about: str
    """The referral's id; of an answer, the token of its link."""


@dataclass(frozen=True)
class OnTopic:
    """An event as it stands on a topic; `value` is its JSON, empty for a tombstone."""

    topic: str
    partition: int
    offset: int
    key: str
    type: str
    source: str
    id: str
    sequence: str
    value: str

    @property
    def identity(self) -> str:
        """What a reader knows it by, in hexadecimal: written anew here, so that the reader's own is checked."""
        named = f"{self.topic}\x1f{self.source}\x1f{self.id}"
        return hashlib.blake2b(named.encode(), digest_size=16).hexdigest()

    @property
    def name(self) -> str:
        """The event's name, as `seat.reserved`."""
        return self.type.removeprefix("org.motesplats.").removesuffix(".v1")

    @cached_property
    def said(self) -> Mapping[str, Any]:
        """What it says; empty where that is no JSON object."""
        try:
            found = json.loads(self.value)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Mail:
    """A mail that was taken; `token` is that of the answer link in it, empty without one."""

    message_id: str
    token: str
    text: str
    was_said: bool = True
    """Whether the mail server said that it took it; if not, it must come again."""


@dataclass(frozen=True)
class Handled:
    """An event of the inbox that was handled: in which transaction, in the order in which these came to it."""

    identity: str
    transaction: int


@dataclass(frozen=True)
class Ledger:
    """All of it. Tables are by service and name; bytes in them are written in hexadecimal."""

    calls: Sequence[Call] = ()
    events: Sequence[OnTopic] = ()
    mails: Sequence[Mail] = ()
    tables: Mapping[str, Mapping[str, Sequence[Row]]] = field(default_factory=dict)
    handled: Mapping[str, Sequence[Handled]] = field(default_factory=dict)
    """By service, oldest first."""
    handles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Which types each service has a handler for."""
    seats_before: Mapping[str, int] = field(default_factory=dict)
    """How many seats of each activity were taken when the run began."""
    poisoned: frozenset[str] = frozenset()
    """Keys under which something was sent that cannot be handled."""
    mail_kills: int = 0
    """How often a process that sends mail was killed: one mail may be repeated each time."""
    restored: str = ""
    """Which service's database was put back to an earlier time; empty: none."""
    lost: frozenset[str] = frozenset()
    """The referrals of which the operator was told that nobody can know them any more."""
    personal: frozenset[str] = frozenset()
    """What may be seen nowhere but at the referral service and on the centres' own topics."""
    written: Mapping[str, str] = field(default_factory=dict)
    """Logs and metrics, by name."""

    def rows(self, service: str, table: str) -> Sequence[Row]:
        """Return the rows of a table."""
        return self.tables.get(service, {}).get(table, ())
