from typing import Any

import pytest

from tests.referral.stories import call, withdraw
from tests.referral.test_sharing import ONE, as_coordinator, invited
from tests.support.builders import number
from tests.support.service_testing import UnderTest

FIRST, SECOND = number(71), number(72)
WORDS = "Er det greit med trapper?"


def question(text: str = WORDS, **changes: object) -> dict[str, Any]:
    return {"choice": 1, "text": text, "asked_at": "2025-03-12T12:00:00Z", **changes}


async def put(referral: UnderTest, question_id: str = FIRST, **changes: object) -> int:
    body = question(**changes)  # type: ignore[arg-type]  # whatever a test sends
    path = f"referrals/{ONE}/questions/{question_id}"
    async with referral.client("service", audience="referral", scope="question.ask") as client:
        return (await client.put(f"/referral/{path}", json=body)).status_code


async def read(referral: UnderTest, choice: int = 1) -> tuple[int, Any]:
    path = f"referrals/{ONE}/questions?choice={choice}&reader=c-1"
    return await as_coordinator(referral, "GET", path, "question.read")


async def test_a_question_stands_on_the_coachs_page_and_in_the_history_without_its_words(referral: UnderTest) -> None:
    await invited(referral)
    assert await put(referral) == 204
    assert await put(referral) == 204
    seen = await call(referral, "GET", f"referrals/{ONE}")
    assert [one["text"] for one in seen["questions"]] == [WORDS]
    asked = [line for line in seen["history"] if line["what"] == "question.asked"]
    assert [(line["who"], line["state"]) for line in asked] == [("coordinator", "invited")]
    assert "trapper" not in str(seen["history"])


async def test_the_coach_answers_and_may_change_the_answer(referral: UnderTest) -> None:
    await invited(referral)
    await put(referral)
    await put(referral, SECOND, text="Og heis?")
    for text in ("Nei.", "Ja, med litt hjelp."):
        await call(referral, "PUT", f"referrals/{ONE}/questions/{FIRST}/answer", {"text": text}, role="coach")
    status, answered = await read(referral)
    assert status == 200
    assert [(one["text"], one["answer"]) for one in answered] == [(WORDS, "Ja, med litt hjelp."), ("Og heis?", None)]
    readings = await referral.rows("select action, who from reading where action = 'questions'")
    assert readings == [{"action": "questions", "who": "c-1"}]


async def look(referral: UnderTest, question_id: str = FIRST, choice: int = 1) -> tuple[int, Any]:
    path = f"referrals/{ONE}/questions/{question_id}?choice={choice}"
    return await as_coordinator(referral, "GET", path, "question.ask")


async def test_whoever_asked_learns_that_there_is_an_answer_without_reading_it(referral: UnderTest) -> None:
    await invited(referral)
    await put(referral)
    assert await look(referral) == (200, {"is_answered": False})
    await call(referral, "PUT", f"referrals/{ONE}/questions/{FIRST}/answer", {"text": "Ja."}, role="coach")
    assert await look(referral) == (200, {"is_answered": True})
    assert await referral.rows("select * from reading where action = 'questions'") == []
    assert (await look(referral, SECOND))[0] == 404
    assert (await look(referral, choice=2))[0] == 410
    await withdraw(referral)
    assert (await look(referral))[0] == 410


async def test_of_another_choice_nothing_is_read(referral: UnderTest) -> None:
    await invited(referral)
    await put(referral)
    assert (await read(referral, choice=2))[0] == 410


async def test_after_a_withdrawal_nobody_asks_or_reads(referral: UnderTest) -> None:
    await invited(referral)
    await put(referral)
    await withdraw(referral)
    assert await put(referral, SECOND) == 410
    assert (await read(referral))[0] == 410


@pytest.mark.parametrize("text", ["", " ", "x" * 501, "19121212-1212"])
async def test_what_is_no_question_is_refused(referral: UnderTest, text: str) -> None:
    await invited(referral)
    assert await put(referral, text=text) == 422


async def test_another_question_or_another_centres_is_not_there_to_answer(referral: UnderTest) -> None:
    await invited(referral)
    await put(referral)
    path = f"referrals/{ONE}/questions/{SECOND}/answer"
    await call(referral, "PUT", path, {"text": "Ja."}, role="coach", expect=404)
    async with referral.client("coach", centre="her:999") as client:
        path = f"/referral/referrals/{ONE}/questions/{FIRST}/answer"
        assert (await client.put(path, json={"text": "Ja."})).status_code == 404


async def test_words_are_in_no_event(referral: UnderTest) -> None:
    await invited(referral)
    await put(referral)
    await call(referral, "PUT", f"referrals/{ONE}/questions/{FIRST}/answer", {"text": "Ja, trapper."}, role="coach")
    assert "trapper" not in str(await referral.rows("select * from outbox"))


async def test_with_the_referral_what_was_asked_of_it_is_erased(referral: UnderTest) -> None:
    await invited(referral)
    await put(referral)
    async with referral.client("centre", centre="hsa:SE2321000016-1") as client:
        await client.delete(f"/referral/referrals/{ONE}")
    assert await referral.rows("select * from question") == []
    assert await put(referral, SECOND) == 404
