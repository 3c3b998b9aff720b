"""Needs put to the shelf of their municipality, and what rules and terms both measure of that. Never a rule."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from services.activities.domain.matching.columns import Column
from services.activities.domain.matching.geography import chords, vectors
from services.activities.domain.matching.model import Need, WeekTime
from services.activities.domain.matching.shelf import Shelf


class Asked(NamedTuple):
    """A need put to a shelf.

    By slot: `chords`, the squared straight way to each place on a globe of radius 1; `fitting`, how many of
    the live sessions lie wholly inside a free time, all of them when no free times are given.
    """

    need: Need
    shelf: Shelf
    chords: Column
    fitting: Column


class Asking(NamedTuple):
    """Some needs put to a shelf at once; the columns are those of `Asked`, a row for each need."""

    needs: Sequence[Need]
    shelf: Shelf
    chords: Column
    fitting: Column

    def each(self) -> Iterator[Asked]:
        """Return the needs one by one."""
        for need, ways, fitting in zip(self.needs, self.chords, self.fitting, strict=True):
            yield Asked(need, self.shelf, ways, fitting)


def ask(needs: Sequence[Need], shelf: Shelf) -> Asking:
    """Put the needs to the shelf."""
    live = shelf.columns["live_sessions"]
    fitting = np.empty((len(needs), len(live)), live.dtype)
    for number, need in enumerate(needs):
        fitting[number] = sessions_in(need.free_times, shelf) if need.free_times else live
    return Asking(needs, shelf, chords(shelf.points, vectors([need.area for need in needs])), fitting)


def sessions_in(free_times: Sequence[WeekTime], shelf: Shelf) -> Column:
    """Return by slot how many live sessions lie wholly inside one of the times."""
    starts, ends = shelf.starts_today, shelf.ends
    (first_start, first_end), *others = free_times
    fits = (starts >= first_start) & (ends <= first_end)
    for start, end in others:
        fits |= (starts >= start) & (ends <= end)
    return fits.sum(axis=0, dtype=np.int16)
