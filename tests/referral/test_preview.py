import json
from datetime import date
from pathlib import Path

import httpx
import pytest

from schemas.referral import Consent, MatchPreview, ReferralRequested
from schemas.strict import parse
from services.referral.matching import Matching
from services.runtime.issuer import Issuer
from services.runtime.service_tokens import from_issuer
from tests.support.builders import a_referral, number

REQUEST = ReferralRequested.model_validate_json(
    json.dumps(
        a_referral(
            signs=["mild_depression"],
            wishes="Likes to sing",
            extensions={"journal": "J-77"},
            participant={"pseudonym": "p-77", "age": 67, "gender": "woman", "protected_identity": True},
        )
    )
)
CONSENT = Consent(given_on=date(2025, 1, 1), expires_on=date(2025, 12, 31), share=("phone",), purpose="To sing.")
PROPOSAL = {
    "activity_id": number(11),
    "score": 0.9,
    "terms": {"interest": 1.0},
    "distance_km": 3.9,
    "reasons": ["It costs nothing."],
}


async def test_proposals_for_a_protected_identity_are_asked_for_without_saying_for_whom_or_why(tmp_path: Path) -> None:
    issuer, asked = Issuer(tmp_path, bind="127.0.0.1"), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"proposals": [PROPOSAL], "waitable": [], "excluded": {}, "no_match": None})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        matching = Matching("http://activities", from_issuer(issuer, "referral"), http)
        answered = await matching.answer(REQUEST, CONSENT, "nb")
    assert answered.proposals is not None
    assert [proposal.reasons for proposal in answered.proposals] == [["It costs nothing."]]
    (request,) = asked
    token = request.headers["authorization"].removeprefix("Bearer ")
    caller = await issuer.verifier().caller(token, service="activities")
    assert (caller.role, caller.scope) == ("service", frozenset({"match.preview"}))
    question = parse(MatchPreview, request.content)
    assert (question.participant.age, question.interests) == (67, ("walking",))
    private = (number(1), "p-77", "mild_depression", "sing", "J-77", "hsa:", '"protected_identity":true')
    assert not any(value in request.content.decode() for value in private)
    assert question.consent is not None
    assert question.consent.share == ()


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(200, content=b"?"), httpx.ConnectError("away")])
async def test_without_a_usable_answer_the_proposals_are_unknown(
    tmp_path: Path, answer: httpx.Response | httpx.ConnectError
) -> None:
    def respond(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            return answer
        raise answer

    tokens = from_issuer(Issuer(tmp_path, bind="127.0.0.1"), "referral")
    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        answered = await Matching("http://activities", tokens, http).answer(REQUEST, CONSENT, "en")
    assert answered.proposals is None
