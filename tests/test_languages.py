"""No text is in one language only, and no page has words of its own."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.words import CATEGORY_NAMES
from services.activities.words import WORDS as CATALOGUE
from services.coordinator.answer_texts import TEXTS as ANSWER_TEXTS
from services.coordinator.day_texts import DAY_TEXTS
from services.coordinator.letter_texts import LETTERS
from services.coordinator.words import WORDS
from services.dates import day_in, moment_in
from services.referral.coach_texts import COACH_TEXTS
from services.runtime.languages import preferred
from services.runtime.page_texts import AROUND
from tests.support.page_words import leaves, placeholders, read_aloud

TABLES: dict[str, Any] = {
    "coach's pages": COACH_TEXTS,
    "around pages": AROUND,
    "day page": DAY_TEXTS,
    "answer page": ANSWER_TEXTS,
    "letters": LETTERS,
    "activities in notices": WORDS,
    "catalogue": CATALOGUE,
}
SERVICES = Path(__file__).parents[1] / "services"
OWN_WORDS = {
    "sign_in.html": "people who do not exist, on one machine",
    "home.html": "what there is to look at, on one machine",
    "mail.html": "mails that were caught, on one machine",
    "mails.html": "as above",
    "mail_frame.html": "as above",
    "no_such_link.html": "whose language is not known, so it says all in three",
}
TEMPLATES = [path for path in sorted(SERVICES.rglob("templates/*.html")) if path.name not in OWN_WORDS]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("language", ["sv", "nb"])
def test_every_text_is_there_in_every_language_and_leaves_the_same_open(name: str, language: str) -> None:
    english, other = dict(leaves(TABLES[name]["en"])), dict(leaves(TABLES[name][language]))
    assert other.keys() == english.keys()
    for path, text in english.items():
        assert other[path].strip() or not text.strip(), path
        assert placeholders(other[path]) == placeholders(text), path
        is_a_sentence = len(text.split()) > 2
        assert other[path] != text or not is_a_sentence, path


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(template: Path) -> None:
    bare = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", template.read_text("utf-8"), flags=re.DOTALL)
    said = [word for text in read_aloud(bare)[1] for word in re.findall(r"[^\W\d_]+", text)]
    assert set(said) <= {"Mötesplats"}


def test_every_category_has_a_name_in_every_language() -> None:
    assert all(names[language] for names in CATEGORY_NAMES.values() for language in ("sv", "nb", "en"))  # type: ignore[literal-required]


def test_days_and_moments_are_said_as_people_write_them() -> None:
    moment = datetime(2025, 3, 5, 9, 5, tzinfo=UTC)
    assert [day_in(language, moment.date()) for language in ("sv", "nb", "en")] == [
        "onsdag 5 mars 2025",
        "onsdag 5. mars 2025",
        "Wednesday 5 March 2025",
    ]
    assert [moment_in(language, moment) for language in ("sv", "nb", "en")] == [
        "onsdag 5 mars 2025 kl. 09.05",
        "onsdag 5. mars 2025 kl. 09.05",
        "Wednesday 5 March 2025, 09:05",
    ]


def test_a_browsers_wish_is_heard_as_far_as_we_can() -> None:
    wishes = {"": "en", "nn-NO, en;q=0.5": "nb", "de, sv;q=0.2": "sv", "en;q=0.1, no": "nb", "fi": "en", "sv;q=x": "en"}
    assert {wish: preferred(wish) for wish in wishes} == wishes
