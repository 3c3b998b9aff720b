"""A contact function's question on its way to the coach's page, and the answer on its way back. In no event."""

from uuid import UUID

from schemas.questions import Answered, Question, Words
from services.referral.announcing import tell
from services.referral.calls import own_referral
from services.referral.sharing import under_way
from services.referral.store.people import Whose, shared_by
from services.referral.store.questions import add_question, is_answered, is_known, keep_answer, questions_of
from services.referral.store.work import Work
from services.referral.views import Standing, standing_of
from services.runtime.errors import NotFound
from services.runtime.identity import Caller
from services.runtime.service import Service


async def ask(service: Service[Work], referral_id: UUID, question_id: UUID, question: Question) -> None:
    """Show the question to the coach; a repeat changes nothing. Gone when the choice is over."""
    async with under_way(service, referral_id, question.choice) as (work, referral):
        if not await is_known(work.tx.connection, question_id):
            await add_question(work.tx.connection, referral_id, question_id, question)
            tell(work, referral, "coordinator", "question.asked")


async def read(service: Service[Work], caller: Caller, referral_id: UUID, choice: int, reader: str) -> list[Answered]:
    """Return what was asked of the choice, and the answers; the reading is written down. Gone when it is over."""
    async with under_way(service, referral_id, choice) as (work, _):
        row = await shared_by(work.tx.connection, referral_id)
        whose = Whose(row.health_centre, row.pseudonym)
        work.add_reading(referral_id, whose, "questions", caller.subject, reader)
        rows = await questions_of(work.tx.connection, referral_id)
    return [Answered(asked_at=row.asked_at, text=row.text, answer=row.answer) for row in rows if row.choice == choice]


async def look(service: Service[Work], referral_id: UUID, choice: int, question_id: UUID) -> bool:
    """Tell whether the coach has answered; Gone when the choice is over, NotFound if there is no such question."""
    async with under_way(service, referral_id, choice) as (work, _):
        found = await is_answered(work.tx.connection, referral_id, question_id)
    if found is None:
        raise NotFound
    return found


async def answer(
    service: Service[Work], caller: Caller, referral_id: UUID, question_id: UUID, words: Words
) -> Standing:
    """Keep the coach's answer for whoever asked; NotFound as always."""
    async with own_referral(service, caller, referral_id) as (work, referral):
        if not await keep_answer(work.tx.connection, referral_id, question_id, words.text):
            raise NotFound
        tell(work, referral, caller.role, "question.answered")
    return standing_of(referral)
