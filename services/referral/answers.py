"""What matching answered, as the coach is shown it: codes become sentences here. Never what is decided."""

from uuid import UUID

from pydantic import BaseModel

from schemas.activities import Proposal, Waitable
from schemas.sentences import REASONS, Language, sentences
from services.referral.heard import MatchingAnswer


class ProposalView(BaseModel):
    """An activity that fits, with the reasons in sentences."""

    activity_id: UUID
    name: str | None = None
    organiser_name: str | None = None
    place_name: str | None = None
    score: float
    terms: dict[str, float]
    distance_km: float | None
    reasons: list[str]


class AnswerView(BaseModel):
    """What fits, best first, and which full activities would."""

    proposals: list[ProposalView] | None
    """Null while they cannot be asked for."""
    waitable_activities: list[Waitable] = []


def answer_view(answer: MatchingAnswer, language: Language) -> AnswerView:
    """Return the answer in the language."""
    return AnswerView(
        proposals=[_proposal(proposal, language) for proposal in answer.proposals],
        waitable_activities=list(answer.waitable_activities),
    )


def _proposal(proposal: Proposal, language: Language) -> ProposalView:
    """Return the proposal with its codes said; a code that is newer than we are is passed over."""
    reasons = [code for code in proposal.reasons if code in REASONS]
    said = sentences(reasons, language, proposal.distance_km)
    return ProposalView.model_validate(proposal.model_dump() | {"reasons": said})
