"""What matching reads of activities, as bytes: so it lies in the database, to read very many at once. Never a rule.

A record is a row of numbers and behind it, in words of eight bytes, what an activity may have several of.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from struct import Struct, pack
from typing import Final, Literal, NamedTuple, Self
from zlib import crc32

import numpy as np

from schemas.vocabulary import ACCESS_NEEDS
from services.activities.domain.matching.columns import (
    AUDIENCES,
    CATEGORY_BIT,
    NO_AGE,
    NO_DAY,
    NO_LAST_DAY,
    NOWHERE,
    Column,
    number_of_cost,
    traits_of,
)
from services.activities.domain.matching.model import Activity
from services.activities.domain.matching.sets import Slots

FORMAT: Final = {
    "version": "I",
    "is_published": "?",
    "is_voluntary": "?",
    "traits": "B",  # a bit for each
    "audience": "B",
    "categories": "Q",  # a bit for each
    "access": "H",  # a bit for each
    "serves": "H",  # how many
    "languages": "H",  # how many
    "sessions": "H",  # how many
    "agreed_from": "i",  # days are ordinals
    "agreed_to": "i",
    "verified_on": "i",
    "minimum_age": "i",
    "maximum_age": "i",
    "organiser": "I",  # whose it is, as a number that few others have
    "cost": "q",
    "latitude": "d",
    "longitude": "d",
}
"""The row of a record: whole words together."""
ROW: Final = Struct("<" + "".join(FORMAT.values()))
ROWS: Final = np.dtype([(name, f"<{code}") for name, code in FORMAT.items()])
SESSION: Final = Struct("<hhi")
SESSIONS: Final = np.dtype([("start", "<i2"), ("end", "<i2"), ("last_day", "<i4")])
WORD: Final = 8
END: Final = b"\0"

Several = Literal["serves", "languages", "sessions"]
SEVERAL: Final[tuple[Several, ...]] = ("serves", "languages", "sessions")
"""What an activity may have several of, in the order of the words; it serves its own municipality first."""

VERSION: Final = crc32(repr((1, FORMAT, SEVERAL, AUDIENCES, ACCESS_NEEDS, tuple(CATEGORY_BIT))).encode())
LAYOUT: Final = pack("<I", VERSION)
"""What each record begins with. One that begins otherwise was written by another version, and says nothing to this."""


def record_of(activity: Activity) -> bytes:
    """Return the record of an activity: all but its id and its seats."""
    agreement, verified = activity.agreement, activity.verified_on
    serves = [activity.municipality, *sorted(activity.open_to - {activity.municipality})]
    row = ROW.pack(
        VERSION,
        activity.status == "published",
        activity.organiser_kind == "voluntary",
        traits_of(activity),
        AUDIENCES.index(activity.audience),
        sum([CATEGORY_BIT[category] for category in activity.categories]),
        sum([1 << ACCESS_NEEDS.index(code) for code in activity.access]),
        len(serves),
        len(activity.languages),
        len(activity.sessions),
        agreement.first.toordinal() if agreement else NO_LAST_DAY,
        agreement.last.toordinal() if agreement else NO_DAY,
        verified.toordinal() if verified else NO_DAY,
        NO_AGE if activity.min_age is None else activity.min_age,
        NO_AGE if activity.max_age is None else activity.max_age,
        crc32(activity.organiser_id.encode()),
        number_of_cost(activity.cost),
        *(activity.position or NOWHERE),
    )
    texts = [text.encode().ljust(WORD, END) for text in (*serves, *sorted(activity.languages))]
    sessions = [
        SESSION.pack(*time, last_on.toordinal() if last_on else NO_LAST_DAY) for time, last_on in activity.sessions
    ]
    return b"".join([row, *texts, *sessions])


@lru_cache(maxsize=10_000)
def text_of(word: int) -> str:
    """Return the text that lies in the word."""
    return word.to_bytes(WORD, "little").rstrip(END).decode()


class Records(NamedTuple):
    """Activities by number, from 0: `rows` by the names of `FORMAT`, `free` the share of seats that is."""

    ids: Sequence[str]
    rows: Column
    free: Column
    words: Column
    firsts: dict[Several, Column]
    """Where among the words those of each activity begin."""

    @classmethod
    def of(cls, activities: Sequence[Activity]) -> Self:
        """Return these activities."""
        return cls.read(
            [each.activity_id for each in activities],
            [record_of(each) for each in activities],
            [each.maximum for each in activities],
            [each.taken for each in activities],
        )

    @classmethod
    def read(
        cls, ids: Sequence[str], records: Sequence[bytes], maxima: Sequence[int | None], taken: Sequence[int]
    ) -> Self:
        """Return the activities of these records and seats; no maximum is unlimited."""
        words = np.frombuffer(b"".join(records), "<u8")
        sizes = np.fromiter(map(len, records), np.intp, len(records)) // WORD
        starts = sizes.cumsum() - sizes
        in_row = ROW.size // WORD
        rows = words[starts[:, np.newaxis] + np.arange(in_row)].view(ROWS)[:, 0]
        firsts, first = {}, starts + in_row
        for what in SEVERAL:
            firsts[what] = first
            first = first + rows[what]
        seats = np.array([maximum or 0 for maximum in maxima])
        free = np.where(seats, np.maximum(0.0, (seats - np.array(taken)) / np.maximum(seats, 1)), 1.0)
        return cls(ids, rows, free, words, firsts)

    def some(self, numbers: Slots) -> Self:
        """Return those of these numbers, in their order."""
        ids = [self.ids[number] for number in numbers.tolist()]
        firsts = {what: first[numbers] for what, first in self.firsts.items()}
        return self._replace(ids=ids, rows=self.rows[numbers], free=self.free[numbers], firsts=firsts)

    def parts(self, served: int) -> Iterator[Self]:
        """Yield them in parts that serve little more than so many municipalities each."""
        part = self.rows["serves"].cumsum(dtype=np.intp) // served
        for number in np.unique(part):
            yield self.some((part == number).nonzero()[0])

    def several(self, what: Several) -> tuple[Column, Slots, Slots]:
        """Return all words of a sort, the number of whose each is, and how manieth it is of that one's."""
        sizes = self.rows[what].astype(np.intp)
        whose = np.arange(len(sizes)).repeat(sizes)
        nth = np.arange(len(whose)) - (sizes.cumsum() - sizes)[whose]
        return self.words[self.firsts[what][whose] + nth], whose, nth
