"""What contact functions ask the coach, and the answers. Decides nothing."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from schemas.questions import Question
from services.referral import tables
from services.runtime.connection import Connection, Row
from services.runtime.database import write_rows

_OF: Final = text(
    "select question_id, choice, asked_at, text, answer from question "
    "where referral_id = :referral_id order by asked_at, question_id"
)
_KNOWN: Final = text("select exists (select from question where question_id = :question_id)")
_IS_ANSWERED: Final = text(
    "select answer is not null from question where question_id = :question_id and referral_id = :referral_id"
)
_ANSWER: Final = text(
    "update question set answer = :answer where question_id = :question_id and referral_id = :referral_id"
)


async def questions_of(connection: Connection, referral_id: UUID) -> Sequence[Row]:
    """Return all questions about the referral, oldest first."""
    return (await connection.execute(_OF, {"referral_id": referral_id})).mappings().all()


async def is_known(connection: Connection, question_id: UUID) -> bool:
    """Tell whether the question was put already."""
    return bool(await connection.scalar(_KNOWN, {"question_id": question_id}))


async def is_answered(connection: Connection, referral_id: UUID, question_id: UUID) -> bool | None:
    """Tell whether the coach has answered; None if there is no such question of the referral."""
    found: bool | None = await connection.scalar(_IS_ANSWERED, {"question_id": question_id, "referral_id": referral_id})
    return found


async def add_question(connection: Connection, referral_id: UUID, question_id: UUID, question: Question) -> None:
    """Keep a question."""
    named = {"question_id": question_id, "referral_id": referral_id}
    await write_rows(connection, tables.question, [named | question.model_dump()])


async def keep_answer(connection: Connection, referral_id: UUID, question_id: UUID, answer: str) -> bool:
    """Keep the coach's answer, in place of an earlier one; False if there is no such question of the referral."""
    named = {"question_id": question_id, "referral_id": referral_id, "answer": answer}
    return bool(await connection.change(_ANSWER, named))
