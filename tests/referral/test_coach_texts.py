"""The coach's pages are wholly in the language that the coach reads."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest

from schemas.activities import Change
from schemas.explanations import EXCLUDED, NAMED, WITHIN
from schemas.sentences import REASONS, Language
from schemas.vocabulary import (
    ACCESS_NEEDS,
    CATEGORIES,
    DECLINE_REASONS,
    MODES,
    OUTCOMES,
    REFERRAL_STATES,
    WITHDRAWAL_REASONS,
    ExpiryReason,
    Gender,
    GroupSizeWish,
    NoMatch,
    SeatRefusal,
    Shared,
    WaitingOn,
)
from schemas.words import CATEGORY_NAMES, DAY_NAMES
from services.dates import MONTHS
from services.referral.coach_texts import COACH_TEXTS
from services.referral.words import TOLD, WHO
from services.runtime.page_texts import AROUND
from tests.referral.stories import (
    CENTRE,
    accepted,
    ask,
    awaited,
    call,
    choose,
    close,
    declined,
    nothing_found,
    notified,
    proposed,
    visited,
    withdraw,
)
from tests.referral.test_what_fits import FILLED
from tests.support.builders import number
from tests.support.page_words import leaves, pieces, read_aloud, says
from tests.support.service_testing import NOON, UnderTest

LANGUAGES: tuple[Language, ...] = get_args(Language)
HTML = {"Accept": "text/html"}
CODES = {
    "state": REFERRAL_STATES,
    "waiting_on": get_args(WaitingOn),
    "reason": (
        *get_args(NoMatch),
        *get_args(SeatRefusal),
        *DECLINE_REASONS,
        *get_args(ExpiryReason),
        *WITHDRAWAL_REASONS,
        "stopped",
    ),
    "outcome": OUTCOMES,
    "withdrawal": WITHDRAWAL_REASONS,
    "shared": get_args(Shared),
    "kind": tuple(CATEGORIES),
    "need": ACCESS_NEEDS,
    "mode": MODES,
    "gender": get_args(Gender),
    "peer_led": ("", "yes", "no"),
    "group_size": get_args(GroupSizeWish),
}


@asynccontextmanager
async def a_coach_reading(referral: UnderTest, language: str = "", **claims: str) -> AsyncIterator[httpx.AsyncClient]:
    async with referral.client("coach", centre=CENTRE, **claims) as client:
        client.headers.update(HTML | ({"Accept-Language": language} if language else {}))
        yield client


def texts_in(language: Language) -> Iterator[str]:
    """Return all that the coach's pages can say in the language."""
    for table in (COACH_TEXTS[language], AROUND[language], MONTHS[language]):
        yield from (text for _, text in leaves(table))
    for named in (TOLD, WHO, REASONS, NAMED, EXCLUDED, CATEGORY_NAMES, DAY_NAMES, {"": WITHIN}):
        yield from (texts[language] for texts in named.values())  # type: ignore[attr-defined]


def foreign_to(language: Language) -> set[str]:
    """Return what only English says."""
    own = "\n".join(texts_in(language))
    return {piece for text in texts_in("en") for piece in pieces(text) if not says(own, piece)}


async def stories(referral: UnderTest) -> None:
    """Have referrals that stand everywhere, with all that a page can show of them."""
    shares = {"given_on": "2025-01-01", "expires_on": "2025-12-31", "share": ["first_name", "companion"], "purpose": ""}
    for n in range(1, 8):
        own = {"participant": {"pseudonym": f"p-{n}", "age": 67, "protected_identity": n == 3}}
        await ask(referral, n, wishes="Vil gjerne synge i kor", consent=shares, **own)
    await referral.deliver(proposed(11, 12, 13))
    why: dict[str, Any] = {"excluded": {"distance": 14}, "changes": (Change(count=12, km=18),)}
    await referral.deliver(nothing_found(11, n=2).model_copy(update=why))
    await referral.deliver(proposed(11, 12, n=4), proposed(11, n=5), proposed(11, n=6))
    await choose(referral, 11, then=[12], n=4)
    of_four = {"referral_id": UUID(number(4))}
    await referral.deliver(
        *(event.model_copy(update=of_four) for event in (awaited(1, 11), notified(1, 11), accepted(1, 11)))
    )
    question = {"choice": 1, "asked_at": NOON.isoformat(), "text": "Går det bra med rullator?"}
    async with referral.client("service", audience="referral", scope="question.ask") as client:
        answer = await client.put(f"/referral/referrals/{number(4)}/questions/{number(90)}", json=question)
        assert answer.status_code == 204, answer.text
    await referral.deliver(visited(1, 11).model_copy(update=of_four))
    await choose(referral, 11, n=5)
    await referral.deliver(declined(1, 11).model_copy(update={"referral_id": UUID(number(5))}))
    await close(referral, "could_not", n=6)
    await withdraw(referral, 7)


async def pages(client: httpx.AsyncClient) -> AsyncIterator[tuple[str, httpx.Response]]:
    """Return every page of the coach, and what each form says when it is not taken."""
    here = "/referral"
    for path in ("/", "/?waiting_on=study", "/what-fits", *(f"/{number(n)}" for n in range(1, 8)), f"/{number(99)}"):
        yield path, await client.get(here + path)
    wrong = FILLED | {
        "municipality": "?",
        "latitude": "?",
        "longitude": "?",
        "age": "?",
        "wishes": "Ring 19900101-0017",
    }
    wrong |= {"interests": ["?"], "languages": "?", "access_needs": ["?"], "end": ["08:00", "", ""], "modes": ["?"]}
    wrong |= {
        "max_distance_km": "0",
        "max_cost": "?",
        "currency": "?",
        "peer_led": "?",
        "group_size": "?",
        "gender": "?",
    }
    yield "mistakes", await client.post(f"{here}/what-fits", data=wrong)
    yield "answer", await client.post(f"{here}/what-fits", data=FILLED)
    for chosen in ({}, {"activity_id": number(11), "then": number(11)}, {"activity_id": number(77)}):
        yield f"choice {chosen}", await client.post(f"{here}/{number(1)}/choice", data=chosen)
    yield "too late", await client.post(f"{here}/{number(6)}/withdrawal", data={"reason": "coach"})
    yield "no answer", await client.post(f"{here}/{number(4)}/questions/{number(90)}/answer", data={"text": " "})


def test_every_code_that_a_page_shows_has_a_name() -> None:
    for language, texts in COACH_TEXTS.items():
        for name, codes in CODES.items():
            assert set(texts["codes"][name]) == set(codes), (language, name)  # type: ignore[literal-required]


async def test_no_page_of_the_coach_says_anything_in_another_language(referral: UnderTest) -> None:
    await stories(referral)
    heard: dict[str, dict[str, list[str]]] = {}
    for language in LANGUAGES:
        async with a_coach_reading(referral, language) as client:
            foreign = foreign_to(language) if language != "en" else set()
            async for name, answer in pages(client):
                spoken, said = read_aloud(answer.text)
                assert spoken == language, name
                aloud = "\n".join(said)
                assert [piece for piece in foreign if says(aloud, piece)] == [], name
                heard.setdefault(name, {})[language] = said
    for name, by_language in heard.items():
        assert len({len(said) for said in by_language.values()}) == 1, name
        assert by_language["sv"] != by_language["nb"] != by_language["en"], name


async def test_every_field_of_what_would_fit_says_what_it_must_be(referral: UnderTest) -> None:
    async with a_coach_reading(referral, "sv") as client:
        shown = {name: answer async for name, answer in pages(client)}["mistakes"]
    assert shown.status_code == 422
    missing = [field for field, rule in COACH_TEXTS["sv"]["fitting"]["must"].items() if rule not in shown.text]
    assert missing == []


async def test_a_form_that_is_not_taken_says_why_and_keeps_what_was_filled_in(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12, 13))
    twice = {"activity_id": number(12), "then": ["", number(12)], "wait": "yes"}
    async with a_coach_reading(referral, "nb") as client:
        answer = await client.post(f"/referral/{number(1)}/choice", data=twice)
        await client.post(f"/referral/{number(1)}/withdrawal", data={"reason": "coach"})
        late = await client.post(f"/referral/{number(1)}/choice", data={"activity_id": number(12)})
    assert (answer.status_code, late.status_code) == (422, 409)
    assert "hver aktivitet kan velges én gang" in answer.text
    for kept in (f'value="{number(12)}" required checked', f'value="{number(12)}" selected', 'value="yes" checked'):
        assert kept in answer.text
    assert "henvisningen har gått videre" in late.text
    assert "trukket tilbake" in late.text


async def test_a_coach_reads_in_the_language_of_the_switch_then_of_the_claim_then_of_the_browser(
    referral: UnderTest,
) -> None:
    async def read(client: httpx.AsyncClient, path: str = "/referral/") -> str:
        return read_aloud((await client.get(path)).text)[0]

    async with a_coach_reading(referral) as nobody, a_coach_reading(referral, "sv-SE,en;q=0.8") as by_browser:
        assert [await read(nobody), await read(by_browser)] == ["en", "sv"]
    async with a_coach_reading(referral, "sv", locale="nn-NO") as client:
        before = await read(client)
        switched = await client.get("/referral/?state=closed")
        assert 'href="/referral/?state=closed&amp;language=en"' in switched.text, "a switch keeps what is looked at"
        assert await read(client, "/referral/?state=closed&language=en") == "en"
        assert [before, await read(client), await read(client, "/referral/what-fits")] == ["nb", "en", "en"]
        assert await read(client, "/referral/?language=xx") == "en", "what we do not speak changes nothing"


async def test_switching_the_language_keeps_what_is_filled_in_and_complains_of_nothing(referral: UnderTest) -> None:
    async with a_coach_reading(referral, "sv") as client:
        shown = await client.post("/referral/what-fits", data=FILLED | {"age": "?"})
        assert 'formaction="/referral/what-fits?language=nb"' in shown.text
        switched = await client.post("/referral/what-fits?language=nb", data=FILLED | {"age": ""})
    assert (switched.status_code, read_aloud(switched.text)[0]) == (200, "nb")
    assert 'value="69,65"' in switched.text
    assert "Se på dette en gang til" not in switched.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_history_tells_in_words_who_did_what_when(referral: UnderTest, language: Language) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    await choose(referral, 11)
    await referral.deliver(notified(1, 11), declined(1, 11))
    shown = await call(referral, "GET", f"referrals/{number(1)}?language={language}")
    async with a_coach_reading(referral, language) as client:
        page = (await client.get(f"/referral/{number(1)}")).text
    for line in shown["history"]:
        assert f">{line['by']}</td>" in page
        assert line["said"] in page
        assert ("_" in line["said"]) is ("_" in line["by"]) is False
    assert WHO["coach"][language] in page
    assert TOLD["invitation.declined/not_suitable"][language] in page
