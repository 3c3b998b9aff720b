"""Who gets a seat and when it is free again: races are settled by the numbers of choices, not by arrival.

A choice is over when it was refused, when its invitation ended, when a newer choice is heard, or when the
referral ends. The highest choice that is over is remembered, also of a referral not met before; what is
not newer never gets a seat. Never here: how anything is announced or stored.

    heard                                    while                                        outcome
    choice n, not over                       a seat is free and the activity is open      Reserved
                                             full, or others wait, and n would wait       Awaited, as the last in line
                                             full, or others wait; not open, unknown      Refused, n is over
                                             n holds its seat already                     Reserved, the same seat
                                             n stands in line already                     Awaited, the same place
                                             an older choice holds a seat                 Released first
    choice n, over                           it was n that was refused last               Refused, the same reason
                                             else: it ended elsewhere, where it is known  nothing
    invitation n ended                       n, or an older one, holds a seat             Released
    referral ended other than `taking_part`  any choice holds a seat                      Released
                                             it stands in line                            nothing: it never had a seat
    a seat is freed                          somebody is in line                          Passed to the first of them
    a seat was passed                        the choice still holds it                    Offered and Reserved
    an activity is over                      the choice stands in line for it             Refused

Whoever stands in line has the choice in `held` as whoever holds a seat: the line of the activity tells which of both
it is. So a freed seat passes on by one change of one row, and what was not taken cannot be given twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from schemas.vocabulary import SeatRefusal, SeatRelease


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in line: the referral, and the choice that waits."""

    referral_id: UUID
    choice: int


@dataclass(slots=True)
class Seats:
    """The seats of one activity on the day; `maximum` None is unlimited, `taken` counts everyone."""

    maximum: int | None
    taken: int
    line: tuple[Waiting, ...] = ()
    """Who waits for a seat, the next one first."""
    is_open: bool = True
    """Published, not over, agreed upon and verified."""
    is_over: bool = False
    """Ended, withdrawn or without a session to come: nobody gets a seat in it any more."""
    change: int = 0
    """How many more are taken now than when they were counted."""
    has_moved: bool = False
    """Whether the line is not as it was then."""

    @property
    def is_full(self) -> bool:
        """Whether no seat is free."""
        return self.maximum is not None and self.taken + self.change >= self.maximum

    def refusal(self) -> SeatRefusal | None:
        """Return why nobody gets a seat now, or None. Whoever comes later goes behind those in line."""
        if not self.is_open:
            return "not_open"
        return "full" if self.line or self.is_full else None

    def place(self, waiting: Waiting) -> int:
        """Return the place in line, 1 for the next one; 0 for whoever is not in it."""
        return self.line.index(waiting) + 1 if waiting in self.line else 0

    def join(self, waiting: Waiting) -> int:
        """Let somebody stand in line, and return their place."""
        self.line, self.has_moved = (*self.line, waiting), True
        return len(self.line)

    def leave(self, waiting: Waiting) -> None:
        """Let somebody leave the line."""
        if waiting in self.line:
            self.line, self.has_moved = tuple(each for each in self.line if each != waiting), True

    def pass_on(self) -> Sequence[Waiting]:
        """Give what is free to those in line, in their order, and return who got a seat."""
        before = self.line
        while self.line and self.is_open and not self.is_full:
            self.line, self.has_moved = self.line[1:], True
            self.change += 1
        return before[: len(before) - len(self.line)]

    @property
    def is_freed(self) -> bool:
        """Whether it was full when its seats were counted, and is not any more."""
        return self.maximum is not None and self.taken + self.change < self.maximum <= self.taken


@dataclass(frozen=True, slots=True)
class Held:
    """The seat that a choice holds, or waits for."""

    choice: int
    activity_id: UUID


@dataclass(slots=True)
class Referral:
    """What is known of one referral's choices; `refusal` is why `ended_choice` got no seat."""

    referral_id: UUID
    ended_choice: int = 0
    refusal: SeatRefusal | None = None
    has_ended: bool = False
    held: Held | None = None
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Reserved:
    """The choice holds a seat."""

    choice: int
    activity_id: UUID


@dataclass(frozen=True, slots=True)
class Refused:
    """The choice gets no seat."""

    choice: int
    activity_id: UUID
    reason: SeatRefusal


@dataclass(frozen=True, slots=True)
class Released:
    """The choice's seat is free again."""

    choice: int
    activity_id: UUID
    reason: SeatRelease


@dataclass(frozen=True, slots=True)
class Awaited:
    """The choice stands in line."""

    choice: int
    activity_id: UUID
    place: int


@dataclass(frozen=True, slots=True)
class Offered:
    """The choice, which stood in line, holds a seat now."""

    choice: int
    activity_id: UUID


@dataclass(frozen=True, slots=True)
class Passed:
    """A seat that was freed is somebody else's now, who is to hear of it."""

    to: UUID
    """The referral."""


Outcome = Reserved | Refused | Released | Awaited | Offered
AllSeats = Mapping[UUID, Seats]


def choose(
    referral: Referral, choice: int, activity_id: UUID, seats: AllSeats, *, wait: bool = False
) -> Sequence[Outcome | Passed]:
    """Give the choice a seat if it is the newest and there is one, or else a place in line if it would wait."""
    if referral.has_ended:
        return ()
    if referral.held == Held(choice, activity_id):
        place = seats[activity_id].place(Waiting(referral.referral_id, choice))
        return (Awaited(choice, activity_id, place) if place else Reserved(choice, activity_id),)
    if choice <= referral.ended_choice:
        was_refused = choice == referral.ended_choice and referral.refusal
        return (Refused(choice, activity_id, was_refused),) if was_refused else ()
    if referral.held and referral.held.choice == choice:
        return ()
    released = end_choice(referral, choice - 1, "next_choice", seats)
    return (*released, _seat(referral, choice, activity_id, seats, wait=wait))


def end_choice(referral: Referral, choice: int, reason: SeatRelease, seats: AllSeats) -> Sequence[Released | Passed]:
    """Have this choice and all older ones over, and their seat free: that of whoever is next in line."""
    if choice > referral.ended_choice:
        referral.ended_choice, referral.refusal = choice, None
    held = referral.held
    if held is None or held.choice > choice:
        return ()
    referral.held = None
    activity, waiting = seats[held.activity_id], Waiting(referral.referral_id, held.choice)
    if activity.place(waiting):
        activity.leave(waiting)
        return ()
    activity.change -= 1
    return (Released(held.choice, held.activity_id, reason), *pass_on(activity))


def let_go(referral: Referral, choice: int, seats: AllSeats, refusal: SeatRefusal | None = None) -> None:
    """Have this choice and all older ones over, as `end_choice`, where it is known who got the seat."""
    if choice > referral.ended_choice:
        referral.ended_choice, referral.refusal = choice, refusal
    held = referral.held
    if held is None or held.choice > choice:
        return
    referral.held = None
    activity, waiting = seats[held.activity_id], Waiting(referral.referral_id, held.choice)
    if activity.place(waiting):
        activity.leave(waiting)
    else:
        activity.change -= 1


def take_up(referral: Referral, choice: int, activity_id: UUID, seats: AllSeats, *, waits: bool) -> None:
    """Have the seat, or the place in line, that was announced and then forgotten; a promise holds where it is full."""
    activity, waiting = seats.get(activity_id), Waiting(referral.referral_id, choice)
    if referral.has_ended or choice <= referral.ended_choice or activity is None:
        return
    if referral.held == Held(choice, activity_id):
        if activity.place(waiting) and not waits:
            activity.leave(waiting)
            activity.change += 1
    elif referral.held is None or referral.held.choice < choice:
        let_go(referral, choice - 1, seats)
        referral.held = Held(choice, activity_id)
        if waits:
            activity.join(waiting)
        else:
            activity.change += 1


def end_referral(referral: Referral, choice: int, reason: SeatRelease, seats: AllSeats) -> Sequence[Released | Passed]:
    """Have the referral and all its choices over, and its seat free; `choice` is its last as the sender knows."""
    referral.has_ended = True
    last = max(choice, referral.held.choice) if referral.held else choice
    return end_choice(referral, last, reason, seats)


def keep_seat(referral: Referral, seats: AllSeats) -> None:
    """Have the referral over while the seat stays taken: the participant takes part, and waits for none."""
    held, referral.has_ended = referral.held, True
    if held and seats[held.activity_id].place(waiting := Waiting(referral.referral_id, held.choice)):
        seats[held.activity_id].leave(waiting)
        referral.held = None


def pass_on(activity: Seats) -> Sequence[Passed]:
    """Give what is free to those in line."""
    return [Passed(waiting.referral_id) for waiting in activity.pass_on()]


def hear_of_seat(referral: Referral, seats: AllSeats) -> Sequence[Outcome]:
    """Tell somebody who stood in line that they got a seat, or that there is nothing to wait for any more."""
    held = referral.held
    if held is None or referral.has_ended:
        return ()
    activity, waiting = seats[held.activity_id], Waiting(referral.referral_id, held.choice)
    if not activity.place(waiting):
        return (Offered(held.choice, held.activity_id), Reserved(held.choice, held.activity_id))
    if not activity.is_over:
        return ()
    activity.leave(waiting)
    return (_refuse(referral, held.choice, held.activity_id, "not_open"),)


def _seat(
    referral: Referral, choice: int, activity_id: UUID, seats: AllSeats, *, wait: bool
) -> Reserved | Awaited | Refused:
    refusal = seats[activity_id].refusal() if activity_id in seats else "unknown"
    if refusal == "full" and wait:
        referral.held = Held(choice, activity_id)
        return Awaited(choice, activity_id, seats[activity_id].join(Waiting(referral.referral_id, choice)))
    if refusal:
        return _refuse(referral, choice, activity_id, refusal)
    seats[activity_id].change += 1
    referral.held = Held(choice, activity_id)
    return Reserved(choice, activity_id)


def _refuse(referral: Referral, choice: int, activity_id: UUID, reason: SeatRefusal) -> Refused:
    referral.held, referral.ended_choice, referral.refusal = None, choice, reason
    return Refused(choice, activity_id, reason)
