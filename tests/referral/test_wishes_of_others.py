"""Names of activities that nobody here wrote: OpenActive's list, in English."""

import json
import sys
from collections.abc import Iterator

import pytest

from services.referral.domain.wishes import suggest
from tests.support.needed import SHARED

LIST = SHARED / "openactive" / "activity-list.jsonld"
OURS = {
    "Walking": {"walking", "nordic_walking", "hiking"},
    "Cycling": {"cycling"},
    "Swimming": {"swimming"},
    "Yoga": {"yoga"},
    "Gymnastics": {"gymnastics"},
    "Bowls": {"bowling", "boules"},
    "Table Tennis": {"table_tennis"},
    "Tai Chi": {"tai_chi"},
}
"""Concepts of theirs for which there is a category of ours, or more."""


def names_beneath(concepts: list[dict[str, object]], top: str) -> Iterator[str]:
    """Yield the name of the concept and of all that are narrower."""
    for concept in concepts:
        if concept["prefLabel"] == top or top in (concept.get("broader") or ()):
            yield str(concept["prefLabel"])
            yield from names_beneath(concepts, str(concept["id"]))


@pytest.mark.shared
def test_most_of_what_others_list_under_an_activity_is_read_as_that_activity() -> None:
    concepts = json.loads(LIST.read_text("utf-8"))["concept"]
    pairs = [(name, codes) for top, codes in OURS.items() for name in set(names_beneath(concepts, top))]
    read = [name for name, codes in pairs if codes & set(suggest(name))]
    sys.stdout.write(f"{len(read)} of {len(pairs)} of OpenActive's names are read as what they are listed under\n")

    assert len(pairs) > 50
    assert len(read) >= 0.75 * len(pairs)
