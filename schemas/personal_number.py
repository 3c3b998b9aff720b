"""Finds Swedish and Norwegian personal numbers in text. Never says which, where, or whose.

Refused, in digits of any script, joined or parted:

- Swedish personnummer and samordningsnummer (day + 60), 10 or 12 digits, a date and the check digit right.
- Norwegian fødselsnummer and D-number (day + 40), 11 digits, a date and both check digits right; the first
  one also by the rule of 2032, under which the weighted sum may leave 0 to 3. Test numbers (month + 40 or
  + 80) count.

Digits are taken together over up to three characters that are neither letter nor digit when there are two
groups (`640823 / 3234`), and over blanks, dashes, dots, slashes, plus and underscores when there are more
(`64 08 23-32 34`). Invisible characters do not part. A number begins and ends where a group does; only
within more than 12 joined digits is it looked for at every place, in the forms that chance seldom makes.

Let through, though chance would find some of them: telephone numbers written as such (`070-174 06 05`), a
date followed by a time (`2026-08-01 18.30`).
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

_ENOUGH_DIGITS: Final = re.compile(r"(?:[0-9][\W_]{0,3}){10}")
_GROUP: Final = re.compile(r"[0-9]+")
_PARTED_TWICE: Final = re.compile(r"[\s./+_\u2212-]{1,3}")
_PARTED_ONCE: Final = re.compile(r"[\W_]{1,3}")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3])[.:]?[0-5][0-9]")
