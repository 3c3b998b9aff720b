import json
from decimal import Decimal

import pytest

from schemas.activities import Change
from schemas.explanations import BY_MODE, EXCLUDED, NAMED, Explanation, changes_said, exclusions_said, reasons_said
from schemas.needs import Needs
from schemas.parts import Cost, WeeklyTime
from schemas.referral import ReferralRequested
from schemas.sentences import Language
from schemas.vocabulary import DAYS, KIND_OF, MODES, RULES
from schemas.words import CATEGORY_NAMES, DAY_NAMES, LANGUAGE_NAMES
from tests.support.builders import a_referral

THURSDAY = WeeklyTime(day="thu", from_="10:00", to="11:30")
ASKED: Needs = ReferralRequested.model_validate_json(
    json.dumps(a_referral(free_times=[{"day": "mon", "from": "08:00", "to": "12:00"}]))
)


@pytest.mark.parametrize(
    ("explanation", "language", "said"),
    [
        (Explanation(["near", "free"], 3.9), "sv", ["Den ligger ungefär 4 km bort.", "Den kostar ingenting."]),
        (Explanation(["near"], 0), "nb", ["Den er omtrent 1 km unna."]),
        (Explanation(["online"]), "en", ["One takes part online."]),
        (Explanation(["session"], next_session=THURSDAY), "sv", ["Nästa träff som passar: torsdag 10:00-11:30."]),
        (Explanation(["session"], next_session=THURSDAY), "nb", ["Neste samling som passer: torsdag 10:00-11:30."]),
        (Explanation(["interest"], interests=["walking", "choir"]), "sv", ["Promenader och körsång, som önskat."]),
        (Explanation(["interest"], interests=["choir", "cafe", "art"]), "en", ["Choir, café and art, as wished for."]),
        (Explanation(["interest"]), "en", ["It is something that was wished for."]),
        (Explanation(["language"], languages=["nb"]), "nb", ["Den holdes på norsk."]),
        (Explanation(["language"], languages=["sv", "fi"]), "en", ["It is held in Swedish and Finnish."]),
        (Explanation(["language"], languages=["mi"]), "sv", ["Den hålls på mi."]),
        (Explanation(["seats"], free_seats=3), "sv", ["Det finns 3 lediga platser."]),
        (Explanation(["seats"], free_seats=1), "nb", ["Det er en ledig plass."]),
        (Explanation(["seats"]), "en", ["There is a free seat."]),
        (Explanation(["something_newer", "free"]), "en", ["It costs nothing."]),
    ],
)
def test_reasons_name_what_is_known(explanation: Explanation, language: Language, said: list[str]) -> None:
    assert reasons_said(explanation, language) == said


@pytest.mark.parametrize(
    ("change", "language", "said"),
    [
        (Change(count=12, km=18), "en", "12 within 18 km instead of 10."),
        (Change(count=12, km=18), "sv", "12 inom 18 km i stället för 10."),
        (Change(count=12, km=18, instead_of_km=15), "en", "12 within 18 km instead of 15."),
        (Change(count=3, day="thu"), "en", "3 on Thursdays."),
        (Change(count=3, day="thu"), "nb", "3 på torsdager."),
        (Change(count=1, day="mon"), "sv", "1 på måndagar vid andra klockslag."),
        (Change(count=2, language="nb"), "en", "2 if Norwegian is also fine."),
        (Change(count=2, language="nb"), "sv", "2 om norska också går bra."),
        (Change(count=4, mode="online"), "nb", "4 på nett."),
        (Change(count=5, cost=Cost(amount=Decimal("80.00"), currency="SEK")), "en", "5 that cost at most 80.00 SEK."),
    ],
)
def test_what_would_help_is_told_with_how_many_it_brings(change: Change, language: Language, said: str) -> None:
    assert changes_said([change], ASKED, language) == [said]


def test_it_is_told_what_excluded_how_many_of_those_that_could_be_chosen() -> None:
    assert exclusions_said({"unpublished": 90, "distance": 14, "full": 2}, "nb") == ["For langt unna: 14.", "Fullt: 2."]


def test_where_nothing_is_open_that_is_told() -> None:
    assert exclusions_said({"municipality": 90}, "sv") == ["Just nu är ingenting öppet för dem som bor i kommunen."]


def test_every_code_has_a_name_in_every_language() -> None:
    assert set(CATEGORY_NAMES) == set(KIND_OF)
    assert set(DAY_NAMES) == set(DAYS)
    assert set(BY_MODE) == set(MODES)
    assert tuple(EXCLUDED) == RULES[5:]
    names = (CATEGORY_NAMES, LANGUAGE_NAMES, DAY_NAMES, BY_MODE, EXCLUDED, NAMED)
    assert all(set(texts) == {"sv", "nb", "en"} and all(texts.values()) for each in names for texts in each.values())
