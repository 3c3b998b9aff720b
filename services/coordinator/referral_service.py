"""What this service asks and tells the referral service. The shared details pass through, never kept, never logged."""

from collections.abc import Sequence
from http import HTTPStatus
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from schemas.questions import Answered, IsAnswered, Question
from schemas.sharing import InForce, Shared
from services.coordinator.other_service import OtherService
from services.runtime.errors import Unavailable

_ANSWERED = TypeAdapter(list[Answered])


class ReferralService(OtherService):
    """The referral service as this service sees it."""

    async def consents_in_force(self, referral_ids: Sequence[UUID]) -> frozenset[UUID] | None:
        """Return which of the referrals have a consent in force now, None without an answer."""
        body = {"referral_ids": [str(referral_id) for referral_id in referral_ids]}
        answer = await self.call("consent.read", "POST", "/consents", json=body)
        if answer is None:
            return None
        try:
            return InForce.model_validate_json(answer.content).in_force
        except ValidationError:
            return None

    async def shared(self, referral_id: UUID, choice: int, reader: str) -> Shared | None:
        """Return what the participant shares with whoever accepted, None if nothing any more; Unavailable.

        The reader is the function that is shown it: the reading is written down under it.
        """
        content = await self._of_participant("shared.read", f"/referrals/{referral_id}/shared", choice, reader)
        return None if content is None else Shared.model_validate_json(content)

    async def questions(self, referral_id: UUID, choice: int, reader: str) -> list[Answered] | None:
        """Return what was asked of the choice and the coach's answers, None if it is over; Unavailable."""
        content = await self._of_participant("question.read", f"/referrals/{referral_id}/questions", choice, reader)
        return None if content is None else _ANSWERED.validate_json(content)

    async def ask(self, question_id: UUID, referral_id: UUID, question: Question) -> bool:
        """Put a question to the coach; return whether that is done with: taken, or too late for good."""
        path = f"/referrals/{referral_id}/questions/{question_id}"
        return await self.call("question.ask", "PUT", path, json=question.model_dump(mode="json")) is not None

    async def is_answered(self, question_id: UUID, referral_id: UUID, choice: int) -> bool | None:
        """Tell whether the coach has answered, False without a word of that; None if nobody will any more."""
        path = f"/referrals/{referral_id}/questions/{question_id}"
        answer = await self.call("question.ask", "GET", path, params={"choice": choice})
        if answer is None:
            return False
        return IsAnswered.model_validate_json(answer.content).is_answered if answer.is_success else None

    async def _of_participant(self, scope: str, path: str, choice: int, reader: str) -> bytes | None:
        answer = await self.call(scope, "GET", path, params={"choice": choice, "reader": reader})
        if answer is None:
            raise Unavailable("The referral service does not answer; try again in a while.")
        return answer.content if answer.status_code == HTTPStatus.OK else None
