"""A need put to a shelf, and what rules and terms both measure of that. Never a rule."""

from typing import NamedTuple

from services.activities.domain.matching.geography import chords
from services.activities.domain.matching.model import Need, WeekTime
from services.activities.domain.matching.shelf import Column, Shelf


class Asked(NamedTuple):
    """A need and the shelf of its municipality.

    By slot: `chords`, the squared straight way to each place on a globe of radius 1, and `fits`, whether each
    of its sessions lies wholly inside a free time (shape: sessions, slots; None when all times are free).
    """

    need: Need
    shelf: Shelf
    chords: Column
    fits: Column | None


def ask(need: Need, shelf: Shelf) -> Asked:
    """Put the need to the shelf."""
    return Asked(
        need,
        shelf,
        chords=chords(shelf.points, need.area),
        fits=sessions_in(need.free_times, shelf) if need.free_times else None,
    )


def sessions_in(free_times: tuple[WeekTime, ...], shelf: Shelf) -> Column:
    """Return which live sessions lie wholly inside one of the times."""
    starts, ends = shelf.starts_today, shelf.ends
    (first_start, first_end), *others = free_times
    fits = (starts >= first_start) & (ends <= first_end)
    for start, end in others:
        fits |= (starts >= start) & (ends <= end)
    return fits
