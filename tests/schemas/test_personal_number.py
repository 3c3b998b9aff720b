from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.personal_number import holds_personal_number

SWEDISH = "8112289874"
NORWEGIAN = "31129956715"
FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


@pytest.mark.parametrize(
    "text",
    [
        "19811228-9874",
        "198112289874",
        "811228-9874",
        "8112289874",
        "811228+9874",
        "640823-3234",
        "701063-2391",  # samordningsnummer: the day is 3 + 60
        "19701063-2391",
        "31129956715",
        "311299 56715",
        "29100207042",
        "43022014103",  # D-number: the day is 3 + 40
    ],
)
def test_a_number_as_it_is_written_is_found(text: str) -> None:
    assert holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ring Kari (811228-9874) i morgen",
        "pnr811228-9874x",
        "id_8112289874_v2",
        "fnr:31129956715.",
        "811228 9874",
        "811228 - 9874",
        "811228.9874",
        "811228/9874",
        "811228:9874",
        "811228, 9874",
        "(811228)9874",
        "811228_9874",
        "81 12 28 98 74",
        "81-12-28-9874",
        "1981-12-28-9874",
        "81-12-08-1958",  # its end is no date, though it looks like one
        "81/12/08/1958",
        "81.12.08.1958",
        "1981 12 28 9874",
        "28.12.81, 811228-9874",
        "8 1 1 2 2 8 9 8 7 4",
        "8.1.1.2.2.8.9.8.7.4",
        "311299-56715",
        "31 12 99 567 15",
        "31.12.99 56715",
        "31.12.99.56715",
        "811228\n9874",
        "811228\t9874",
        "811228\u00a09874",
        "811228\u202f9874",
        "811228\u20109874",
        "811228\u20119874",
        "811228\u20139874",
        "811228\u22129874",
        "811228\u00ad9874",
        "8112\u200b289874",
        "\u2066811228\u20699874",
        "\uff18\uff11\uff11\uff12\uff12\uff18\uff0d\uff19\uff18\uff17\uff14",
        "\u0668\u0661\u0661\u0662\u0662\u0668\u0669\u0668\u0667\u0664",
        "8\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e32\ufe0f\u20e38\ufe0f\u20e39874",
        "\u2078\u00b9\u00b9\u00b2\u00b2\u2078\u2079\u2078\u2077\u2074",
        "1: 811228-9874",
        "2 811228-9874 3",
        "811228-9874 811228-9874",
        "070-174 06 05, 811228-9874",
        "0000198112289874",
        "198112289874000",
        "123431129956715",
        "12 31129956715",
        "kl 10-12, 311299 56715",
    ],
    ids=ascii,
)
def test_a_number_is_found_however_it_is_hidden(text: str) -> None:
    assert holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Vil gjerne ut på dagtid",
        "811228-9875",  # the check digit is another
        "811328-9874",  # no such month
        "810229-0006",  # no such day
        "31129956714",
        "31129956725",
        "811228",
        "9874",
        "070-174 06 05",
        "070 174 06 05",
        "0701-74 06 05",
        "073-123 45 67",
        "0731234567",
        "08-123 456 78",
        "08-12 34 56 78",
        "+46 70 174 06 05",
        "+46701740605",
        "0046701740605",
        "+47 777 12 345",
        "+4790012345",
        "77 71 23 45",
        "900 12 345 / 977 65 432",
        "2026-08-01 - 2026-08-31",
        "2026-08-01--2026-08-31",
        "01.08.2026 - 31.08.2026",
        "1/8/2026-5/8/2026",
        "2026-08-01 18:30",
        "2026-08-01 18.30",
        "2026-08-01 10-12",
        "2026-08-01T18:30:00+02:00",
        "20260801T183000Z",
        "1785601800000",
        "10-12 og 13-15",
        "man 10:00-12:00, tor 13:00-15:00",
        "Storgata 12, 9008 Tromsø",
        "556677-8899",  # an organisation number: its third digit is never below 2
        "974 795 558",
        "00000000-0000-0000-0000-000000000001",
        "9f1c2b7e-0d3a-4e55-8b11-2a6f90c4d7e8",
    ],
    ids=ascii,
)
def test_what_is_no_number_is_let_through(text: str) -> None:
    assert not holds_personal_number(text)


@pytest.mark.parametrize("text", ["2026-08-01 18.3{}", "2026-08-0{} 10.30", "borta 2026-07-0{} - 2026-08-01"])
def test_dates_with_times_are_let_through_whatever_their_digits(text: str) -> None:
    assert not any(holds_personal_number(text.format(digit)) for digit in range(1, 10))


births = st.dates(min_value=date(1906, 1, 1), max_value=date(2026, 1, 1))


def luhn(nine: str) -> str:
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(nine))
    return str(-total % 10)


@given(
    birth=births,
    serial=st.integers(1, 999),
    more=st.sampled_from([0, 60]),
    long=st.booleans(),
    sign=st.sampled_from(["", "-", "+", " "]),
)
def test_every_swedish_number_is_found(birth: date, serial: int, more: int, *, long: bool, sign: str) -> None:
    nine = f"{birth:%y%m}{birth.day + more:02}{serial:03}"
    century = f"{birth:%Y}"[:2] if long else ""
    number = f"{century}{nine[:6]}{sign}{nine[6:]}{luhn(nine)}"
    assert holds_personal_number(number)
    assert holds_personal_number(f"Hej{number}!")


def control(digits: str, weights: tuple[int, ...], leaves: int = 0) -> int:
    """Return the digit that makes the weighted sum leave so much; 10 when there is none."""
    return (leaves - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))) % 11


@given(
    birth=births,
    serial=st.integers(0, 999),
    more=st.tuples(st.sampled_from([0, 40]), st.sampled_from([0, 40, 80])),
    leaves=st.sampled_from([0, 1, 2, 3]),
    sign=st.sampled_from(["", " ", "-"]),
)
def test_every_norwegian_number_is_found_also_by_the_rule_of_2032(
    birth: date, serial: int, more: tuple[int, int], leaves: int, sign: str
) -> None:
    day, month = more
    nine = f"{birth.day + day:02}{birth.month + month:02}{birth:%y}{serial:03}"
    first = control(nine, FIRST_WEIGHTS, leaves)
    ten = f"{nine}{first}"
    if first == 10 or (second := control(ten, SECOND_WEIGHTS)) == 10:
        return
    assert holds_personal_number(f"{nine[:6]}{sign}{ten[6:]}{second}")


def test_points_in_time_joined_to_long_rows_are_seldom_taken_for_numbers() -> None:
    start = datetime(2026, 1, 1, 8, tzinfo=UTC)
    taken = [holds_personal_number(f"{start + timedelta(minutes=7 * n):%Y%m%d%H%M%S}") for n in range(1_000)]
    assert sum(taken) < 20


def test_a_day_that_no_month_has_is_no_date() -> None:
    for month in range(1, 13):
        beyond = monthrange(2000, month)[1] + 1
        nine = f"80{month:02}{beyond:02}123"
        assert not holds_personal_number(nine + luhn(nine))
