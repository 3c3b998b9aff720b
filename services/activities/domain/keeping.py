"""What an activity becomes when somebody states it anew, and what of that must be told. Never who may.

Seats taken are counted here, so that no statement changes them once the activity is known; that a human
has verified it is never moved back nor past today.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from uuid import UUID

from schemas.activities import ActivityPublished
from schemas.strict import FieldError
from schemas.vocabulary import ActivityStatus

Change = Literal["created", "changed", "unchanged"]

FEWER_THAN_TAKEN = FieldError("seats.maximum", "is less than the seats taken; it is kept all the same")
LONGEST_ID: Final = 500
"""In characters: what a database can look up, whatever they are."""
LONGEST_NAME: Final = 5_000
"""Likewise: what is proposed, and what is full, goes out as one event, with thirty names."""
MOST_SEATS: Final = 1_000_000_000
"""There are nowhere so many, and as many again can be counted in the same column: seats are taken one by one."""
TOO_MANY: Final = f"must be at most {MOST_SEATS}"
AHEAD = FieldError("verified_on", "lies ahead of today; what was known is kept")
BACK = FieldError("verified_on", "is before the day that is known; that one is kept")


@dataclass(slots=True)
class Activity:
    """An activity as it is kept; `published` is None when it was never heard of."""

    activity_id: UUID
    published: ActivityPublished | None = None
    is_withdrawn: bool = False
    sequence: int = 0

    @property
    def present(self) -> ActivityPublished | None:
        """Its state, None if there is no such activity, or not any more."""
        return None if self.is_withdrawn else self.published

    def withdraw(self) -> None:
        """Be no more; what it was stays known to those who hold a seat in it."""
        self.is_withdrawn = True
        if self.published:
            self.published = with_status(self.published, "ended")


@dataclass(frozen=True, slots=True)
class Restated:
    """What the activity becomes, and what is told to whoever stated it."""

    published: ActivityPublished
    change: Change
    warnings: tuple[FieldError, ...]


def not_to_be_kept(said: ActivityPublished) -> list[FieldError]:
    """Return what of a statement cannot be kept or told: ids to look up, names to propose, seats to count on from."""
    organiser, place, seats = said.organiser, said.place, said.seats
    ids = {"organiser.organiser_id": organiser.organiser_id, "place.place_id": place.place_id if place else ""}
    names = {"name": said.name, "organiser.name": organiser.name, "place.name": place.name if place else ""}
    numbers = {"seats.maximum": seats.maximum or 0, "seats.taken": seats.taken}
    return [
        *(FieldError(path, at_most(LONGEST_ID)) for path, one in ids.items() if len(one) > LONGEST_ID),
        *(FieldError(path, at_most(LONGEST_NAME)) for path, name in names.items() if len(name) > LONGEST_NAME),
        *(FieldError(path, TOO_MANY) for path, number in numbers.items() if number > MOST_SEATS),
    ]


def at_most(characters: int) -> str:
    """Return the rule of a text that may have so many characters."""
    return f"must have at most {characters} characters"


def restate(known: Activity, said: ActivityPublished, today: date) -> Restated:
    """Return what the activity becomes by a statement of the whole of it."""
    warnings = []
    before = known.published
    taken = before.seats.taken if before else said.seats.taken
    if said.seats.maximum is not None and said.seats.maximum < taken:
        warnings.append(FEWER_THAN_TAKEN)
    verified_on = verified = before.verified_on if before else None
    if said.verified_on is not None:
        if said.verified_on > today:
            warnings.append(AHEAD)
        elif verified is not None and said.verified_on < verified:
            warnings.append(BACK)
        else:
            verified_on = said.verified_on
    seats = said.seats.model_copy(update={"taken": taken})
    published = said.model_copy(update={"seats": seats, "verified_on": verified_on})
    change: Change = "created" if known.present is None else "unchanged" if _is_same(published, before) else "changed"
    return Restated(published, change, tuple(warnings))


def _is_same(published: ActivityPublished, before: ActivityPublished | None) -> bool:
    """Compare extensions as they are written too: to Python, 1, 1.0 and true are equal."""
    return before == published and _written(before) == _written(published)


def _written(activity: ActivityPublished) -> str:
    return json.dumps(activity.extensions, sort_keys=True)


def with_status(published: ActivityPublished, status: ActivityStatus) -> ActivityPublished:
    """Return the activity in the status."""
    return published.model_copy(update={"status": status})


def verified(published: ActivityPublished, today: date) -> ActivityPublished:
    """Return the activity, verified by a human today."""
    return published.model_copy(update={"verified_on": today})
