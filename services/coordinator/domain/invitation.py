"""An invitation's life, and what is remembered of a referral's choices. Never the participant, never the clock.

reserved ── notice sent ──▶ notified ── accept ──▶ accepted ── decline before the first visit ──▶ declined
    │                         ├── decline ──▶ declined
    └── unreachable ─▶ expired ◀── no answer in time
any but declined and expired ── the referral ended, or its next choice ──▶ released
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from uuid import UUID

from schemas.vocabulary import DeclineReason, ExpiryReason, Visit
from services.coordinator.domain.contact_function import Channel

State = Literal["reserved", "notified", "accepted", "declined", "expired", "released"]
NoticeKind = Literal["invitation", "reminder", "deputy", "handover", "withdrawn"]
"""What whoever is asked is told of an invitation: that there is one, that it waits, that it waits and their colleague
did not answer, that it is theirs now, that it is no longer needed."""
OPEN: Final = ("reserved", "notified", "accepted")
LINK_STAYS: Final = timedelta(days=30)
"""How long the answer link opens after the matter was decided, or after the latest visit."""


@dataclass(slots=True)
class Referral:
    """Which choices of a referral have ended, also of one that was not met yet."""

    referral_id: UUID
    ended_choice: int = 0
    ended: bool = False
    sequence: int = 0

    def refuses(self, choice: int) -> bool:
        """Tell whether a seat for this choice comes too late."""
        return self.ended or choice <= self.ended_choice

    def end_choice(self, choice: int) -> None:
        """Remember that this choice, and all before it, have ended."""
        self.ended_choice = max(self.ended_choice, choice)


@dataclass(slots=True)
class Invitation:
    """A reserved seat that somebody is asked to confirm. Its moves tell whether they happened."""

    referral_id: UUID
    choice: int
    activity_id: UUID
    municipality: str
    contact_id: UUID | None
    """Who is asked; None for the municipality's coordinator."""
    since: datetime
    notice_at: datetime | None
    """When the notice is due; None when none is."""
    notice: NoticeKind = "invitation"
    """Which notice that is."""
    place: int = 0
    """Who of the contact function was told last: 0 is the holder, n the n-th deputy."""
    channel: Channel = "email"
    """By which it was told first."""
    generation: int = 1
    """Of the answer link; a new one revokes it."""
    state: State = "reserved"
    answer_by: datetime | None = None
    reason: DeclineReason | ExpiryReason | None = None
    visit: Visit | None = None
    visited_on: date | None = None
    stopped_on: date | None = None
    """When whoever welcomed the participant said that they come no more."""
    paused_until: date | None = None
    """Declined since the activity is paused, the last day of it, if that is known."""
    asked_at: datetime | None = None
    """When whoever was asked last put a question to the coach."""

    @property
    def asked(self) -> str:
        """Who is asked: the contact function, or the municipality whose coordinator it is."""
        return str(self.contact_id or self.municipality)

    def notify(self, contact_id: UUID | None, answer_by: datetime, now: datetime, channel: Channel = "email") -> bool:
        """The notice was sent, to the contact function or else to the coordinator."""
        if self.state != "reserved":
            return False
        self.contact_id, self.answer_by, self.channel = contact_id, answer_by, channel
        return self._enter("notified", now)

    def accept(self, now: datetime) -> bool:
        """Whoever was asked welcomes the participant."""
        return self.state == "notified" and self._enter("accepted", now)

    def decline(self, reason: DeclineReason, now: datetime, paused_until: date | None = None) -> bool:
        """Whoever was asked cannot; also after accepting, until the first visit."""
        if self.state != "notified" and not (self.state == "accepted" and self.visit is None):
            return False
        self.reason, self.paused_until = reason, paused_until if reason == "paused" else None
        return self._enter("declined", now)

    def expire(self, reason: ExpiryReason, now: datetime) -> bool:
        """Nobody answered, or nobody could be reached."""
        if self.state not in ("reserved", "notified"):
            return False
        self.reason = reason
        return self._enter("expired", now)

    def release(self, now: datetime) -> bool:
        """The referral ended, or went on to its next choice; whoever was notified is told."""
        if self.state not in OPEN:
            return False
        knows = self.state != "reserved"
        self._enter("released", now)
        if knows:
            self.plan("withdrawn", now)
        return True

    def hand_over(self, now: datetime, to: int = 0) -> bool:
        """Whoever has the place, or is next behind it, answers now: they get a link, and the old one decides nothing.

        Of what is over nobody needs to hear. A first notice may be on its way: it counts as never sent, and goes anew.
        """
        if self.state not in OPEN or not self.link_opens(now):
            return False
        self.generation, self.place = self.generation + 1, to
        self.plan("invitation" if self.state == "reserved" else "handover", now)
        return True

    def plan(self, notice: NoticeKind, at: datetime | None) -> None:
        """Have the notice sent then; None: no notice is sent."""
        self.notice, self.notice_at = notice, at

    def waits_for(self, notice: NoticeKind, generation: int) -> bool:
        """Tell whether this is the notice that is due, and nothing has happened since."""
        return self.notice_at is not None and (self.notice, self.generation) == (notice, generation)

    def record_visit(self, visit: Visit, on: date) -> bool:
        """The participant came, or did not; who has come has come, but after a no-show there may be another day."""
        if self.state != "accepted" or self.visit == "attended" or (self.visit, self.visited_on) == (visit, on):
            return False
        self.visit, self.visited_on = visit, on
        return True

    def stop(self, on: date) -> bool:
        """The participant, who has come, comes no more."""
        if self.state != "accepted" or self.visit != "attended" or self.stopped_on is not None:
            return False
        self.stopped_on = on
        return True

    def ask(self, now: datetime) -> bool:
        """Whoever was asked puts a question to the coach."""
        if self.state not in OPEN:
            return False
        self.asked_at = now
        return True

    def forget_visit(self) -> None:
        """The participant is erased: whether they came is nobody's to know any more."""
        self.visit = self.visited_on = self.stopped_on = None

    def link_opens(self, now: datetime) -> bool:
        """Tell whether the answer link still shows anything: until it is decided, then a while for visits."""
        if self.state in ("reserved", "notified"):
            return True
        latest = self.stopped_on or self.visited_on
        visited_at = datetime.combine(latest, time.max, UTC) if latest else self.since
        return now <= max(self.since, visited_at) + LINK_STAYS

    def prolong(self, answer_by: datetime) -> bool:
        """Whoever is asked has until then to answer, for instance while the coach answers a question of theirs."""
        if self.state != "notified" or (self.answer_by is not None and answer_by <= self.answer_by):
            return False
        self.answer_by = answer_by
        return True

    def remind(self, now: datetime) -> bool:
        """Whoever is asked is reminded now, at the coordinator's wish."""
        if self.state != "notified":
            return False
        self.plan("reminder", now)
        return True

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the time to answer is over."""
        return self.state == "notified" and self.answer_by is not None and self.answer_by <= now

    def _enter(self, state: State, now: datetime) -> bool:
        self.state, self.since, self.notice_at = state, now, None
        return True
