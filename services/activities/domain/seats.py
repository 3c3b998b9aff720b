"""Who gets a seat and when it is free again: races are settled by the numbers of choices, not by arrival.

A choice is over when it was refused, when its invitation ended, when a newer choice is heard, or when the
referral ends. The highest choice that is over is remembered, also of a referral not met before; what is
not newer never gets a seat. Never here: how anything is announced or stored.

    heard                                    while                                        outcome
    choice n, not over                       a seat is free and the activity is open      Reserved
                                             full, not open, unknown                      Refused, n is over
                                             n holds its seat already                     Reserved, the same seat
                                             an older choice holds a seat                 Released first
    choice n, over                           it was n that was refused last               Refused, the same reason
                                             else: it ended elsewhere, where it is known  nothing
    invitation n ended                       n, or an older one, holds a seat             Released
    referral ended other than `taking_part`  any choice holds a seat                      Released
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from schemas.vocabulary import SeatRefusal, SeatRelease


@dataclass(slots=True)
class Seats:
    """The seats of one activity on the day; `maximum` None is unlimited, `taken` counts everyone."""

    maximum: int | None
    taken: int
    is_open: bool = True
    """Published, not over, agreed upon and verified."""
    change: int = 0
    """How many more are taken now than when they were counted."""

    def refusal(self) -> SeatRefusal | None:
        """Return why nobody gets a seat now, or None."""
        if not self.is_open:
            return "not_open"
        return "full" if self.maximum is not None and self.taken + self.change >= self.maximum else None

    @property
    def is_freed(self) -> bool:
        """Whether it was full when its seats were counted, and is not any more."""
        return self.maximum is not None and self.taken + self.change < self.maximum <= self.taken


@dataclass(frozen=True, slots=True)
class Held:
    """The seat that a choice holds."""

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


Outcome = Reserved | Refused | Released
AllSeats = Mapping[UUID, Seats]


def choose(referral: Referral, choice: int, activity_id: UUID, seats: AllSeats) -> Sequence[Outcome]:
    """Give the choice a seat if it is the newest and there is one."""
    if referral.has_ended:
        return ()
    if referral.held == Held(choice, activity_id):
        return (Reserved(choice, activity_id),)
    if choice <= referral.ended_choice:
        was_refused = choice == referral.ended_choice and referral.refusal
        return (Refused(choice, activity_id, was_refused),) if was_refused else ()
    if referral.held and referral.held.choice == choice:
        return ()
    released = end_choice(referral, choice - 1, "next_choice", seats)
    return (*released, _seat(referral, choice, activity_id, seats))


def end_choice(referral: Referral, choice: int, reason: SeatRelease, seats: AllSeats) -> Sequence[Released]:
    """Have this choice and all older ones over, and their seat free."""
    if choice > referral.ended_choice:
        referral.ended_choice, referral.refusal = choice, None
    held = referral.held
    if held is None or held.choice > choice:
        return ()
    seats[held.activity_id].change -= 1
    referral.held = None
    return (Released(held.choice, held.activity_id, reason),)


def end_referral(referral: Referral, choice: int, reason: SeatRelease, seats: AllSeats) -> Sequence[Released]:
    """Have the referral and all its choices over, and its seat free; `choice` is its last as the sender knows."""
    referral.has_ended = True
    last = max(choice, referral.held.choice) if referral.held else choice
    return end_choice(referral, last, reason, seats)


def keep_seat(referral: Referral) -> None:
    """Have the referral over while the seat stays taken: the participant takes part."""
    referral.has_ended = True


def _seat(referral: Referral, choice: int, activity_id: UUID, seats: AllSeats) -> Reserved | Refused:
    refusal = seats[activity_id].refusal() if activity_id in seats else "unknown"
    if refusal:
        referral.ended_choice, referral.refusal = choice, refusal
        return Refused(choice, activity_id, refusal)
    seats[activity_id].change += 1
    referral.held = Held(choice, activity_id)
    return Reserved(choice, activity_id)
