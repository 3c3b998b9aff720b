"""What a health centre is shown of its own referrals. Never contact data, and nothing to anybody else."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, JsonValue

from schemas.questions import Answered
from schemas.referral import Consent, ReferralRequested
from schemas.sentences import Language
from schemas.vocabulary import Category, Outcome, Policy, ReferralState, WaitingOn
from services.referral.answers import AnswerView, answer_view
from services.referral.domain.referral import Referral
from services.referral.domain.wishes import suggest
from services.referral.store import overview
from services.referral.store.questions import questions_of
from services.referral.words import name_of, say
from services.runtime.connection import Connection, Row


class Standing(BaseModel):
    """Where a referral stands, on whom it waits, and since when."""

    referral_id: UUID
    state: ReferralState
    waiting_on: WaitingOn
    since: datetime
    choice: int | None
    activity_id: UUID | None
    reason: str | None
    outcome: Outcome | None


class ReferralLine(Standing):
    """A referral in the list of its centre."""

    pseudonym: str
    municipality: str
    received_at: datetime


class HistoryLine(BaseModel):
    """What happened, who did it (a role or a service), and the state it left; `said` and `by` in words."""

    at: datetime
    who: str
    by: str
    what: str
    said: str
    state: ReferralState
    choice: int | None
    activity_id: UUID | None
    reason: str | None


class QuestionView(Answered):
    """What a contact function would like to know, of which choice, and the coach's answer."""

    question_id: UUID
    choice: int


class ReferralView(ReferralLine, AnswerView):
    """All of a referral that its own centre sees."""

    policy: Policy
    consent: Consent | None
    interests: list[Category]
    wishes: str
    suggested_interests: list[Category]
    """What the wishes seem to name beside the interests; whether they do is for the coach to say."""
    extensions: dict[str, JsonValue]
    history: list[HistoryLine]
    questions: list[QuestionView]


def standing_of(referral: Referral) -> Standing:
    """Return where the referral stands now."""
    standing = {name: getattr(referral, name) for name in Standing.model_fields}
    return Standing.model_validate(standing | {"choice": referral.choice or None})


def line_of(row: Row) -> ReferralLine:
    """Return a line of the list."""
    return ReferralLine.model_validate(dict(row))


async def view_of(
    connection: Connection, referral_id: UUID, health_centre: str, language: Language = "en"
) -> tuple[ReferralView, ReferralRequested] | None:
    """Return all of the centre's referral, and its request; None if it is not there, or another centre's."""
    row = await overview.one(connection, referral_id, health_centre)
    if row is None:
        return None
    request = ReferralRequested.model_validate_json(row["body"])
    consent = await overview.consent_of(connection, referral_id) if row["consented"] else None
    view = ReferralView(
        **dict(line_of(row)),
        policy=row["policy"],
        consent=None if consent is None else _consent(consent),
        interests=list(request.interests),
        wishes=request.wishes,
        suggested_interests=[each for each in suggest(request.wishes) if each not in request.interests],
        extensions=request.extensions,
        history=[_happened(line, language) for line in await overview.history_of(connection, referral_id)],
        **dict(answer_view(await overview.answer_of(connection, referral_id), request, language)),
        questions=[QuestionView.model_validate(dict(one)) for one in await questions_of(connection, referral_id)],
    )
    return view, request


def _happened(line: Row, language: Language) -> HistoryLine:
    said = say(line["what"], line["who"], line["reason"], language)
    return HistoryLine(**line, said=said, by=name_of(line["who"], language))


def _consent(row: Row) -> Consent:
    return Consent(**dict(row) | {"share": tuple(row["share"])})
