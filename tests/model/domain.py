"""A small model of `domain.md`: its two state machines as tables, seats as sets, a line as a list. Nothing of ours.

Each of the three owners is told the same events as the real one, in the same order, and must come to the same.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Id = Any

OPEN: Final = ("received", "proposed", "unmatched", "chosen", "waitlisted", "invited", "accepted", "attending")
NEXT: Final = "next"
"""The next activity that the participant chose gets its chance; when none is left, `proposed` again."""

REFERRAL: Final[dict[str, dict[str, str]]] = {
    "no_activity.found": {"received": "unmatched"},
    "seat.awaited": {"chosen": "waitlisted"},
    "seat.offered": {"waitlisted": "chosen"},
    "seat.refused": dict.fromkeys(("chosen", "waitlisted"), NEXT),
    "contact.notified": dict.fromkeys(("chosen", "waitlisted"), "invited"),
    "invitation.accepted": dict.fromkeys(("chosen", "waitlisted", "invited"), "accepted"),
    "invitation.declined": dict.fromkeys(("chosen", "waitlisted", "invited", "accepted"), NEXT),
    "invitation.expired": dict.fromkeys(("chosen", "waitlisted", "invited"), NEXT),
    "visit.recorded": dict.fromkeys(("chosen", "waitlisted", "invited", "accepted"), "attending"),
    "withdrawal": dict.fromkeys(OPEN, "withdrawn"),
    "outcome": dict.fromkeys(OPEN, "closed"),
    "error": dict.fromkeys((*OPEN, "closed", "withdrawn"), "entered_in_error"),
}
"""By event and state, the state that follows; what does not stand here changes nothing."""

INVITATION: Final[dict[str, dict[str, str]]] = {
    "notice": {"reserved": "notified"},
    "accept": {"notified": "accepted"},
    "decline": {"notified": "declined", "accepted": "declined"},
    "expiry": {"reserved": "expired", "notified": "expired"},
    "release": dict.fromkeys(("reserved", "notified", "accepted"), "released"),
}
"""The same for an invitation; after the first visit it is declined no more."""


@dataclass
class Referral:
    """As its owner, the referral service, has it."""

    policy: str
    waits_for_consent: bool
    rests: bool
    """Of a control arm: nobody hears of it."""
    state: str = "received"
    choice: int = 0
    wanted: list[Id] = field(default_factory=list)
    turn: int = 0
    """Which of the wanted ones has its chance."""
    proposed: list[Id] = field(default_factory=list)
    """What matching proposed last, whether or not a choice was under way."""

    @property
    def is_announced(self) -> bool:
        """Whether others know of it."""
        return not self.waits_for_consent and not self.rests

    def happens(self, event: str, choice: int | None = None) -> None:
        """Move, if the event is of the choice under way and leads anywhere from here."""
        if choice is not None and choice != self.choice:
            return
        after = REFERRAL[event].get(self.state, self.state)
        if after == NEXT:
            self.turn += 1
            self._give_a_chance()
        else:
            self.state = after

    def is_proposed(self, activities: list[Id]) -> None:
        """Wait for a choice, or let the policy go down what it has not tried; beside a choice, move nothing."""
        if self.state not in OPEN or not self.is_announced:
            return
        self.proposed = activities
        if self.state not in ("received", "proposed", "unmatched"):
            return
        untried = [activity for activity in activities if activity not in self.wanted]
        if self.policy == "coach_chooses":
            self.state = "proposed"
        elif untried:
            self.turn = len(self.wanted)
            self.wanted = [*self.wanted, *untried]
            self._give_a_chance()

    def is_chosen(self, wanted: list[Id]) -> None:
        """Take the participant's choice, where there is none under way."""
        if self.state in ("proposed", "unmatched"):
            self.wanted, self.turn = wanted, 0
            self._give_a_chance()

    def _give_a_chance(self) -> None:
        if self.turn < len(self.wanted):
            self.choice, self.state = self.choice + 1, "chosen"
        else:
            self.state = "proposed"


@dataclass
class Seats:
    """Of one activity, as their owner, the activities service, has them."""

    maximum: int
    status: Literal["published", "paused", "ended"] = "published"
    walk_ins: int = 0
    held: dict[Id, int] = field(default_factory=dict)
    """Which choice of which referral holds a seat."""
    line: list[tuple[Id, int]] = field(default_factory=list)

    @property
    def taken(self) -> int:
        """Everybody."""
        return self.walk_ins + len(self.held)

    def pass_on(self) -> None:
        """Give what is free to those in line, in their order."""
        while self.line and self.status == "published" and self.taken < self.maximum:
            referral, choice = self.line.pop(0)
            self.held[referral] = choice


class Activities:
    """All seats, and what is remembered of choices that are over."""

    def __init__(self) -> None:
        self.seats: dict[Id, Seats] = {}
        self.over: dict[Id, int] = defaultdict(int)
        self.ended: set[Id] = set()

    def chooses(self, referral: Id, choice: int, activity: Id, *, wait: bool) -> None:
        """Give the newest choice a seat, or a place in line; an older one gives back what it has."""
        if referral in self.ended or choice <= self.over[referral] or self._has(referral) == (choice, activity):
            return
        self.ends(referral, choice - 1)
        seats = self.seats[activity]
        if seats.status == "published" and not seats.line and seats.taken < seats.maximum:
            seats.held[referral] = choice
        elif seats.status == "published" and wait:
            seats.line.append((referral, choice))
        else:
            self.over[referral] = choice

    def ends(self, referral: Id, choice: int) -> None:
        """Have this choice and all before it over: a seat passes on, a place in line is left."""
        self.over[referral] = max(self.over[referral], choice)
        for seats in self.seats.values():
            seats.line = [each for each in seats.line if each[0] != referral or each[1] > choice]
            if seats.held.get(referral, choice + 1) <= choice:
                del seats.held[referral]
                seats.pass_on()

    def referral_ends(self, referral: Id, *, takes_part: bool) -> None:
        """Give back everything; who takes part keeps the seat, though not a place in line."""
        self.ended.add(referral)
        if takes_part:
            for seats in self.seats.values():
                seats.line = [each for each in seats.line if each[0] != referral]
        else:
            self.ends(referral, max(self.over[referral], (self._has(referral) or (0, None))[0]))

    def hears_of_seat(self, referral: Id) -> None:
        """Leave the line for what is over."""
        for seats in self.seats.values():
            if seats.status == "ended":
                for each in [each for each in seats.line if each[0] == referral]:
                    seats.line.remove(each)
                    self.over[referral] = each[1]

    def _has(self, referral: Id) -> tuple[int, Id] | None:
        for activity, seats in self.seats.items():
            for other, choice in (*seats.held.items(), *seats.line):
                if other == referral:
                    return choice, activity
        return None


class Invitations:
    """As their owner, the coordinator service, has them."""

    def __init__(self) -> None:
        self.state: dict[tuple[Id, int], str] = {}
        self.visited: set[tuple[Id, int]] = set()
        self.over: dict[Id, int] = defaultdict(int)
        self.ended: set[Id] = set()

    def is_reserved(self, referral: Id, choice: int) -> None:
        """Begin one for a seat, unless it comes too late; older ones are over."""
        if (referral, choice) in self.state or referral in self.ended or choice <= self.over[referral]:
            return
        self.ends(referral, choice - 1)
        self.state[referral, choice] = "reserved"

    def happens(self, event: str, referral: Id, choice: int) -> None:
        """Move, if the event leads anywhere from here."""
        before = self.state[referral, choice]
        if event == "decline" and (referral, choice) in self.visited:
            return
        self.state[referral, choice] = after = INVITATION[event].get(before, before)
        if after in ("declined", "expired"):
            self.over[referral] = max(self.over[referral], choice)

    def ends(self, referral: Id, choice: int) -> None:
        """Release this choice and all before it."""
        self.over[referral] = max(self.over[referral], choice)
        for other, number in list(self.state):
            if other == referral and number <= choice:
                self.happens("release", referral, number)

    def referral_ends(self, referral: Id, *, takes_part: bool) -> None:
        """Release all; who takes part keeps what was accepted."""
        self.ended.add(referral)
        for (other, number), state in list(self.state.items()):
            if other == referral and not (takes_part and state == "accepted"):
                self.happens("release", referral, number)
