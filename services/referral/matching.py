"""Asks the activities service for proposals that are shown and not kept: before anything is saved, or ever."""

from dataclasses import dataclass

import httpx
import structlog

from schemas.needs import Needs
from schemas.referral import Consent, MatchPreview, Person
from schemas.sentences import Language
from services.referral.answers import AnswerView
from services.runtime.errors import Unavailable
from services.runtime.service_tokens import ServiceTokens
from services.runtime.telemetry import name_of

log = structlog.get_logger(__name__)
SCOPE = "match.preview"


@dataclass(frozen=True, slots=True)
class Matching:
    """The activities service, as this one calls it."""

    url: str
    tokens: ServiceTokens
    http: httpx.AsyncClient

    async def answer(self, request: MatchPreview, consent: Consent, language: Language) -> AnswerView:
        """Return what would be answered, without saying for whom or why; proposals are None while nobody answers."""
        question = MatchPreview(
            **{name: getattr(request, name) for name in Needs.model_fields if name in request.model_fields_set},
            participant=Person(age=request.participant.age, gender=request.participant.gender),
            consent=Consent(given_on=consent.given_on, expires_on=consent.expires_on, purpose=""),
        )
        try:
            token = await self.tokens.token("activities", SCOPE)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            answer = await self.http.post(
                f"{self.url}/activities/match",
                content=question.model_dump_json(exclude_unset=True),
                headers=headers | {"Accept-Language": language},
            )
            return AnswerView.model_validate_json(answer.raise_for_status().content)
        except (httpx.HTTPError, Unavailable, ValueError) as error:
            log.warning("preview_failed", error=name_of(error))
            return AnswerView(proposals=None)
