import sys

import pytest

from services.referral.domain.wishes import suggest
from tests.referral.stories import ask, call
from tests.referral.test_pages import a_coach
from tests.support.builders import number
from tests.support.service_testing import UnderTest
from tests.support.wishes_page import Phrase, figures, phrases

ONE = number(1)
KNOWN = phrases()


def test_most_wishes_are_read_as_a_human_would() -> None:
    tuned = [phrase for phrase in KNOWN if not phrase.is_apart]
    apart = [phrase for phrase in KNOWN if phrase.is_apart]
    sys.stdout.write(f"{figures(tuned)} right of those tuned with, {figures(apart)} of those kept apart\n")

    assert len(KNOWN) >= 120
    assert {phrase.language for phrase in apart} == {"sv", "nb", "nn", "en"}
    assert sum(phrase.is_right for phrase in tuned) >= 0.95 * len(tuned)
    assert sum(phrase.is_right for phrase in apart) >= 0.85 * len(apart)


@pytest.mark.parametrize("phrase", [phrase for phrase in KNOWN if not phrase.wanted], ids=lambda phrase: phrase.text)
def test_what_is_not_wanted_is_not_suggested(phrase: Phrase) -> None:
    assert suggest(phrase.text) == ()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("INTE SIMMA! Promenera?", ["walking"]),
        ("Inga kurser, inga föreläsningar, gärna kör", ["choir"]),
        ("Dansa och inte simma", ["dance"]),
        ("Tycker inte om att dansa och vill gå på promenader", ["walking"]),
        ("Gympa utan hopp", ["gymnastics"]),
        ("Inte yoga utan tai chi", ["tai_chi"]),
        ("Ikke dans, ikke kor", []),
        ("I don\N{RIGHT SINGLE QUOTATION MARK}t swim", []),
        ("Dance. Not choir.", ["dance"]),
        ("dance dance dance", ["dance"]),
        ("", []),
        ("!!! ... ,,,", []),
    ],
)
def test_a_negation_goes_as_far_as_it_is_meant(said: str, wanted: list[str]) -> None:
    assert list(suggest(said)) == wanted


async def test_a_coach_is_shown_what_the_wishes_seem_to_name_beside_the_interests(referral: UnderTest) -> None:
    await ask(referral, wishes="Vill promenera och sjunga i kör, inte simma", interests=["walking"])

    seen = await call(referral, "GET", f"referrals/{ONE}")
    async with a_coach(referral) as coach:
        shown = (await coach.get(f"/referral/{ONE}")).text

    assert seen["suggested_interests"] == ["choir"]
    assert (seen["interests"], seen["wishes"]) == (["walking"], "Vill promenera och sjunga i kör, inte simma")
    assert "used for nothing unless you say so: choir." in shown


async def test_wishes_and_what_is_read_from_them_are_told_to_nobody(referral: UnderTest) -> None:
    await ask(referral, wishes="Vill sjunga i kör", interests=["walking"])

    values = await referral.rows("select convert_from(value, 'UTF8') as value from outbox")

    assert values
    assert not any("choir" in row["value"] or "sjunga" in row["value"] for row in values)
