"""Finds Swedish and Norwegian personal numbers in text. Never says which, where, or whose.

Found, in digits of any script, joined or parted, also beside letters:

- Swedish personnummer and samordningsnummer (day + 60): 10 or 12 digits, the date and the check digit right.
- Norwegian fødselsnummer and D-number (day + 40): 11 digits, the date and both check digits right, the first
  also by the rule of 2032, under which its weighted sum may leave 0 to 3. Test numbers (month + 40 or + 80)
  count.

Groups of digits are taken together over blanks, dots, slashes, dashes, plus and underscores; over any other
sign where a date of 6 or 8 digits ends. Invisible characters do not part. A number begins and ends where a
group does; only in more than 12 joined digits is it looked for at every place, in the forms that chance seldom makes.

Let through, though chance would make numbers of some: telephone numbers written as such (`070-174 06 05`),
dates one after the other (`2026-08-01 - 2026-08-31`), a date with a time or hours (`2026-08-01 18.30`).
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_TO_CHANGE: Final = re.compile("[^\\x00-\\x7f\\xc0-\\xff]")
"""Not ASCII, nor a letter of the north: only these can be other than they look."""
_ENOUGH_DIGITS: Final = re.compile(r"(?:[0-9][\W_]{0,5}){10}")
_GROUP: Final = re.compile(r"[0-9]+")
_SOFT: Final = re.compile(r"[\s./+_-]{1,5}")
_HARD: Final = re.compile(r"[\W_]{1,5}")
_DAY_LAST: Final = r"(?:19|20)[0-9]{2}([./-])[0-9]{1,2}\1[0-9]{1,2}"
_YEAR_LAST: Final = "|".join(
    rf"(?<![0-9]{sign})[0-9]{{1,2}}{sign}[0-9]{{1,2}}{sign}(?:19|20)[0-9]{{2}}" for sign in ("[.]", "/", "-")
)
_DATE: Final = re.compile(rf"(?<![0-9])(?:{_DAY_LAST}|{_YEAR_LAST})(?![0-9])")
_HOURS: Final = re.compile(r"(?:[01][0-9]|2[0-4])[.-][0-5][0-9]")

_NO_DIGITS: Final = bytes({*range(256)} - {*b"0123456789"})
_SHORTEST: Final = 10
_LONGEST: Final = 12
_COORDINATION: Final = 60
_D_NUMBER: Final = 40
_TEST: Final = 40
_FIRST_WEIGHTS: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_WEIGHTS: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def holds_personal_number(text: str) -> bool:
    """Tell whether a text holds a personnummer, samordningsnummer, fødselsnummer or D-number."""
    plain = text if text.isascii() else _plain(text)
    digits = plain.encode("ascii", "ignore").translate(None, _NO_DIGITS)
    if len(digits) < _SHORTEST or _ENOUGH_DIGITS.search(plain) is None:
        return False
    return any(run.is_personal_number() for run in _runs(plain))


def _plain(text: str) -> str:
    """Return the text with ASCII digits and hyphens for all others, without what cannot be seen."""
    return _TO_CHANGE.sub(_plain_character, unicodedata.normalize("NFKC", text))


def _plain_character(found: re.Match[str]) -> str:
    character = found.group()
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.decimal(character))
        case "Pd":
            return "-"
        case "Cf" | "Mn" | "Me":
            return ""
        case _:
            return "-" if character == "\N{MINUS SIGN}" else character


@dataclass(frozen=True)
class _Run:
    """Groups of digits that may belong together, and what parts each from the next."""

    groups: tuple[str, ...]
    signs: tuple[str, ...]

    def is_personal_number(self) -> bool:
        """Tell whether the groups make up one number, or a single long one holds one."""
        digits = "".join(self.groups)
        match len(digits):
            case 10:
                return not self._is_telephone() and not self._ends_in_hours() and _is_swedish(digits)
            case 11:
                return _is_norwegian(digits, first_may_leave=3)
            case 12:
                born = digits[:2] in ("18", "19", "20")
                return born and not self._ends_in_hours() and _is_swedish(digits[2:])
            case many if many > _LONGEST:
                return _is_within(digits)
            case _:
                return False

    def _is_telephone(self) -> bool:
        """Tell whether it is parted after an area code of two to four digits, and not as a date is."""
        match tuple(map(len, self.groups)):
            case (2, 2, *_):
                return False
            case (2 | 3 | 4, _, *_):
                return self.groups[0].startswith("0")
            case _:
                return False

    def _ends_in_hours(self) -> bool:
        """Tell whether a time or hours follow a date: parted from it otherwise than in themselves."""
        match self.signs:
            case (*_, before, within) if before != within:
                return _HOURS.fullmatch(within.join(self.groups[-2:])) is not None
            case _:
                return False


def _runs(plain: str) -> Iterator[_Run]:
    """Yield every row of neighbouring groups that could be one number."""
    groups = list(_GROUP.finditer(plain))
    dates = [date.span() for date in _DATE.finditer(plain)]
    starts = {start for start, _ in dates}
    for first, group in enumerate(groups):
        if any(start < group.start() < end for start, end in dates):
            continue
        taken: list[str] = [group.group()]
        signs: list[str] = []
        yield _Run(tuple(taken), ())
        for before, after in pairwise(groups[first : first + _LONGEST]):
            sign = plain[before.end() : after.start()]
            soft = _SOFT.fullmatch(sign) is not None
            hard = not signs and len(taken[0]) in (6, 8) and _HARD.fullmatch(sign) is not None
            if after.start() in starts or not (soft or hard):
                break
            taken.append(after.group())
            signs.append(sign)
            if sum(map(len, taken)) > _LONGEST:
                break
            yield _Run(tuple(taken), tuple(signs))
            if not soft:
                break


def _is_swedish(digits: str) -> bool:
    """Tell whether ten digits YYMMDDNNNC are a Swedish number."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    born = _is_date(year, month, day - _COORDINATION if day > _COORDINATION else day)
    return born and _luhn(digits)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_norwegian(digits: str, *, first_may_leave: int) -> bool:
    """Tell whether eleven digits DDMMYYIIICC are a Norwegian number."""
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    born = _is_date(year, month % _TEST, day - _D_NUMBER if day > _D_NUMBER else day)
    left = _weighted(digits, _FIRST_WEIGHTS)
    return born and left <= first_may_leave and _weighted(digits, _SECOND_WEIGHTS) == 0


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11


def _is_date(year: int, month: int, day: int) -> bool:
    """Tell whether it is a day of some century: only 1900 lacks the leap day that 2000 had."""
    return month in range(1, 13) and 1 <= day <= monthrange(2000 + year, month)[1]


def _is_within(digits: str) -> bool:
    """Tell whether more than 12 joined digits hold a number in one of its unmistakable forms.

    Swedish ones with the century, born before 2010 (what is later is mostly a point in time); Norwegian ones
    by today's rule.
    """
    swedish = (digits[place : place + 12] for place in range(len(digits) - 11))
    norwegian = (digits[place : place + 11] for place in range(len(digits) - 10))
    return any("1900" <= number < "2010" and _is_swedish(number[2:]) for number in swedish) or any(
        _is_norwegian(number, first_may_leave=0) for number in norwegian
    )
