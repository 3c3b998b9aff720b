"""What matching answered, as the coach is shown it: codes become sentences here. Never what is decided."""

from uuid import UUID

from pydantic import BaseModel

from schemas.activities import Proposal, Waitable
from schemas.explanations import Explanation, changes_said, exclusions_said, reasons_said
from schemas.needs import Needs
from schemas.sentences import Language
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
    why_none: list[str] = []
    """What excluded how many, where nothing fits."""
    would_help: list[str] = []
    """Which single changes of what was asked for would bring something, where nothing fits."""


def answer_view(answer: MatchingAnswer, asked: Needs, language: Language) -> AnswerView:
    """Return the answer to what was asked for, in the language."""
    return AnswerView(
        proposals=[_proposal(proposal, language) for proposal in answer.proposals],
        waitable_activities=list(answer.waitable_activities),
        why_none=exclusions_said(answer.excluded, language) if answer.reason == "no_activity" else [],
        would_help=changes_said(answer.changes, asked, language),
    )


def _proposal(proposal: Proposal, language: Language) -> ProposalView:
    explained = Explanation._make(getattr(proposal, name) for name in Explanation._fields)
    return ProposalView.model_validate(proposal.model_dump() | {"reasons": reasons_said(explained, language)})
