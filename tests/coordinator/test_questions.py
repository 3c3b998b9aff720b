from datetime import timedelta

import pytest

from schemas.referral import ReferralWithdrawn
from services.runtime.embedded.mail import Mail
from tests.coordinator.conftest import CONTACT, REFERRAL, Coordinator, a_contact, a_seat, link
from tests.coordinator.test_answers import get, post, scope
from tests.coordinator.test_silence import DEPUTY

WORDS = "Er det greit med trapper?"


async def test_a_question_reaches_the_coach_with_a_token_for_that_call(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    page = await post(coordinator, f"{path}/question", text=f"  {WORDS} ")
    assert "Spørsmålet er sendt" in page.text
    await coordinator.run_errands()
    ((to, told),) = coordinator.referrals.told
    assert to.startswith(f"/referral/referrals/{REFERRAL}/questions/")
    assert told == {"text": WORDS, "choice": 1, "asked_at": "2025-03-12T12:00:00Z"}
    assert await scope(coordinator) == {"question.ask"}


async def test_what_is_asked_stands_in_no_event_and_in_none_of_our_tables(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, f"{path}/question", text=WORDS)
    for step in (None, coordinator.run_errands):
        if step:
            await step()
        for table in await coordinator.service.rows("select tablename from pg_tables where schemaname = 'public'"):
            rows = await coordinator.service.rows(f"select * from {table['tablename']}")
            assert "trapper" not in str(rows)
    assert await coordinator.service.names() == ["ContactNotified"]


async def test_a_question_waits_until_the_referral_service_takes_it(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    coordinator.referrals.is_away = True
    await post(coordinator, f"{path}/question", text=WORDS)
    for _ in range(3):
        await coordinator.run_errands()
        coordinator.service.clock.now += timedelta(minutes=10)
    coordinator.referrals.is_away = False
    await coordinator.run_errands()
    await coordinator.run_errands()
    assert [told["text"] for _, told in coordinator.referrals.told] == [WORDS]


async def test_the_coachs_answer_is_shown_on_request(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, f"{path}/question", text=WORDS)
    asked = {"asked_at": "2025-03-12T12:00:00Z", "text": WORDS}
    coordinator.referrals.answered = [asked]
    assert "Ikke noe svar ennå." in (await post(coordinator, f"{path}/questions")).text
    coordinator.referrals.answered = [asked | {"answer": "Ja, men ikke mange."}]
    page = await post(coordinator, f"{path}/questions")
    assert WORDS in page.text
    assert "Ja, men ikke mange." in page.text
    assert "Ja, men" not in (await get(coordinator, path)).text
    assert coordinator.referrals.asked[-1] == [str(REFERRAL), "1", str(CONTACT)]
    assert await scope(coordinator) == {"question.read"}


@pytest.mark.parametrize("text", ["", "   ", "x" * 501, "Er det 19121212-1212?"])
async def test_what_is_no_question_stays_with_whoever_wrote_it(coordinator: Coordinator, text: str) -> None:
    path = await coordinator.invite()
    page = await post(coordinator, f"{path}/question", text=text)
    assert page.status_code == 422
    assert "Skriv et spørsmål på høyst 500 tegn" in page.text
    assert await coordinator.service.rows("select * from errand") == []


async def test_nobody_asks_of_what_is_over(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await coordinator.service.deliver(ReferralWithdrawn(referral_id=REFERRAL, choice=1, reason="participant"))
    page = await post(coordinator, f"{path}/question", text=WORDS)
    assert "Det er ikke lenger aktuelt." in page.text
    assert await coordinator.service.rows("select * from errand") == []


async def letters(coordinator: Coordinator) -> list[Mail]:
    """Return the letters about answers that were sent."""
    (step,) = [loop.step for loop in coordinator.service.service._loops if loop.name == "letters"]
    await step(coordinator.service.clock())
    return [mail for mail in coordinator.catcher.messages if mail.message_id.startswith("<answered-")]


async def ask(coordinator: Coordinator) -> str:
    """Have a question put to the coach, and return the path of the answer page."""
    path = await coordinator.invite()
    await post(coordinator, f"{path}/question", text=WORDS)
    await coordinator.run_errands()
    return path


async def look_again(coordinator: Coordinator) -> None:
    """Let it be time to look whether the coach has answered."""
    coordinator.service.clock.now += timedelta(minutes=10)
    await coordinator.run_errands()


async def test_whoever_asked_is_told_once_that_the_coach_has_answered(coordinator: Coordinator) -> None:
    path = await ask(coordinator)
    await look_again(coordinator)
    assert await letters(coordinator) == []
    coordinator.referrals.is_answered = True
    for _ in range(2):
        await look_again(coordinator)
    (mail,) = await letters(coordinator)
    assert mail.to == ("tur@mote.example",)
    assert mail.subject == "Frisklivsveilederen har svart"
    assert path in mail.text
    assert "Tur i Folkeparken" in mail.text
    assert "trapper" not in mail.text
    assert await coordinator.service.rows("select * from errand") == []
    assert await scope(coordinator) >= {"question.ask"}


async def test_a_deputy_who_took_over_and_asked_is_told_and_not_who_handed_over(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    await post(coordinator, f"{link(coordinator.catcher.messages[-1])}/handover", until="")
    await coordinator.send_notices()
    path = link(coordinator.catcher.messages[-1])
    await post(coordinator, f"{path}/question", text=WORDS)
    await coordinator.run_errands()
    coordinator.referrals.is_answered = True
    await look_again(coordinator)
    (mail,) = await letters(coordinator)
    assert mail.to == (DEPUTY["email"],)
    assert path in mail.text


async def test_nobody_is_told_of_an_answer_where_it_is_over(coordinator: Coordinator) -> None:
    await ask(coordinator)
    coordinator.referrals.is_answered = None
    await look_again(coordinator)
    assert await letters(coordinator) == []
    assert await coordinator.service.rows("select * from errand") == []


async def test_an_answer_is_looked_for_however_long_the_referral_service_is_away(coordinator: Coordinator) -> None:
    await ask(coordinator)
    coordinator.referrals.is_away = True
    for _ in range(60):  # more pauses than could be doubled
        await look_again(coordinator)
    coordinator.referrals.is_away, coordinator.referrals.is_answered = False, True
    await look_again(coordinator)
    assert len(await letters(coordinator)) == 1
