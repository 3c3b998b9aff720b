"""Whom a notice goes to, and when it is tried again. Never its words, never how it is sent."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, Literal
from uuid import UUID

from schemas.vocabulary import ContactLanguage
from services.coordinator.domain.contact_function import BY_MAIL, Channel, ContactFunction, at_place, in_charge
from services.coordinator.domain.invitation import NoticeKind
from services.coordinator.domain.working_days import AnswerTime, local_day

PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 15, 60, 300))
"""Before each further attempt; the last one from then on, for an outage of any length loses no notice."""
PATIENCE: Final = timedelta(hours=24)
"""How long a mail server may say `later` of one address, before somebody else gets the seat."""
ASKING: Final = ("invitation", "reminder", "deputy")
ATTEMPTS_UNTIL_HEARD_OF: Final = 5
"""How often a notice waits for a contact function of which we have not heard yet: about a minute."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a notice can go, by which channel, and the language to write in."""

    to: str
    language: ContactLanguage
    channel: Channel = "email"


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that is due, and who could get it."""

    referral_id: UUID
    choice: int
    municipality: str
    contact_id: UUID | None
    about: str
    """The activity as it was when the seat was reserved: the fields of SeatReserved that say it, as JSON."""
    notice: NoticeKind
    place: int
    """Who of the function was told last, as in Invitation."""
    generation: int
    due_at: datetime
    waiting_since: datetime
    answer_by: datetime | None
    """None before the invitation was sent."""
    attempts: int
    """This one included."""
    contact: ContactFunction | None
    """None when we have not heard of it yet."""
    coordinator: Address | None
    answer_time: AnswerTime
    bundle_at: datetime | None = None
    """Of a notice that was put off: when the digest is due to which it belongs."""

    @property
    def function(self) -> str:
        """Whose notice it is: the contact function's, or the municipality's coordinator's."""
        return str(self.contact_id or self.municipality)

    def answer_is_due(self, now: datetime) -> datetime:
        """Return when an answer is due, if the notice is sent now."""
        return self.answer_by or self.answer_time.ends(now, self.municipality)

    def today(self, now: datetime) -> date:
        """Return the day it is where the activity is."""
        return local_day(now, self.municipality)


@dataclass(frozen=True, slots=True)
class Recipient:
    """The notice goes there; without a contact function it is the municipality's coordinator."""

    address: Address
    contact_id: UUID | None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """The notice waits."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """The notice waits for a consent, or for who can tell of it: nothing was tried, and no attempt is counted."""


@dataclass(frozen=True, slots=True)
class Away:
    """The notice keeps its place in the queue: it is us, or the mail server, and no fault of its own."""


@dataclass(frozen=True, slots=True)
class Needless:
    """The notice is not sent, for nobody needs it."""


@dataclass(frozen=True, slots=True)
class Bounced:
    """The address refuses what we send; the notice goes to whoever is next."""

    address: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nobody gets the notice, for a reason that is a code; `contact_id` as in Recipient."""

    reason: str
    contact_id: UUID | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The notice was handed over, to whoever `contact_id` and `place` say; None for the coordinator."""

    contact_id: UUID | None
    place: int = 0
    channel: Channel = "email"


Planned = tuple[NoticeKind, datetime | None]
"""Which notice is sent when; None: no other."""
Delivery = Literal["sent", "refused", "deferred", "broken_off", "away"]
"""Of a message: the other end took it; will never take it; says later; did not say whether it took it; or cannot be
talked to."""
Outcome = Sent | Later | Unasked | Away | Needless | Bounced | Unreachable


def recipient_of(
    due: Due, now: datetime, bounced: frozenset[str] = frozenset(), channels: frozenset[Channel] = BY_MAIL
) -> Recipient | Later | Needless | Unreachable:
    """Return who is told: whoever is in charge of the contact function, or the coordinator where none reads mail.

    Whose address has bounced is not told, but the next of the function; where there is none, it is unreachable.
    """
    if due.answer_by is not None and due.answer_by <= now and due.notice in ("reminder", "deputy"):
        return Needless()
    if due.notice in ASKING and due.contact is not None and due.contact.is_paused(due.today(now)):
        return Unreachable("paused", due.contact_id) if due.notice == "invitation" else Needless()
    if due.contact is not None and (found := _in_function(due, due.contact, now, bounced, channels)) is not None:
        return found
    if due.contact_id is not None and due.contact is None and due.attempts <= ATTEMPTS_UNTIL_HEARD_OF:
        return Later()
    if due.coordinator is not None:
        return Needless() if due.notice == "deputy" else Recipient(due.coordinator, None)
    return Unreachable("no_contact", None) if due.notice == "invitation" else Needless()


def after(due: Due, now: datetime) -> Planned:
    """Return which notice follows this one, and when, if nobody answers; None: no other."""
    notified_at = now if due.notice == "invitation" else due.waiting_since
    remind_at = due.answer_time.reminder_at(notified_at, due.municipality)
    deputy_at = due.answer_time.deputy_at(notified_at, due.municipality)
    match due.notice:
        case "handover" if due.answer_by is None or now >= deputy_at:
            return due.notice, None
        case "handover" if now >= remind_at:
            return "deputy", deputy_at
        case "invitation" | "handover":
            return "reminder", remind_at
        case "reminder" if due.place > 0 and now >= deputy_at:
            return due.notice, None  # at the coordinator's wish: the deputy's turn has come already
        case "reminder":
            return "deputy", deputy_at
        case "deputy" | "withdrawn":
            return due.notice, None


def _in_function(
    due: Due, function: ContactFunction, now: datetime, bounced: frozenset[str], channels: frozenset[Channel]
) -> Recipient | Needless | Unreachable | None:
    """Return who of the function is told; None if none of the channels reaches it."""
    charge = partial(in_charge, function, due.today(now), bounced=bounced, channels=channels)
    match due.notice:
        case "withdrawn":
            found = at_place(function, due.place)
        case "deputy":
            found = charge(after=due.place)
            if found is None:
                return Needless()
        case _:
            found = charge(after=due.place - 1) or charge()
    reached = None if found is None else found.reached_by(channels)
    if found is None or reached is None or function.language is None:
        return None
    channel, to = reached
    if to in bounced:
        return Unreachable("mail_refused" if channel == "email" else f"{channel}_refused", due.contact_id)
    return Recipient(Address(to, function.language, channel), due.contact_id, found.place)


def next_attempt(attempts: int, now: datetime) -> datetime:
    """Return when the notice is tried again, after so many attempts."""
    return now + PAUSES[min(attempts, len(PAUSES)) - 1]


def asks_again(since: datetime, now: datetime) -> datetime:
    """Return when it is asked again whether a notice may go out: after a quarter of what it has waited since."""
    return now + min(max((now - since) / 4, PAUSES[0]), PAUSES[-1])


def is_given_up(attempts: int) -> bool:
    """Tell whether a mail server has said `later` for too long: the pauses between so many attempts make a day."""
    paused = attempts - 1
    waited = sum(PAUSES[:paused], timedelta(0)) + max(0, paused - len(PAUSES)) * PAUSES[-1]
    return waited > PATIENCE
