"""What may be asked of the referral service over HTTP. Never what becomes of it: that is in `calls` and the domain."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from schemas.event import Part
from schemas.fields import Uuid
from schemas.questions import Answered, IsAnswered, Question, Words
from schemas.referral import (
    Choice,
    Closing,
    Consent,
    Contact,
    ReferralRequested,
    Sender,
    Withdrawal,
)
from schemas.sentences import Language
from schemas.sharing import InForce, Shared
from schemas.vocabulary import ReferralState, WaitingOn
from services.referral import calls, questions
from services.referral.contacts import Safe
from services.referral.matching import Matching
from services.referral.sharing import in_force, share
from services.referral.store.work import Work
from services.referral.views import ReferralLine, ReferralView, Standing
from services.runtime.bodies import body
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.paging import Cursor, Limit, Page
from services.runtime.service import Service

MOST_IDS = 500

OfCentre = Annotated[Caller, allow("centre", "coach")]
Coach = Annotated[Caller, allow("coach")]
Reader = Annotated[str | None, Query(max_length=64, pattern="^[A-Za-z0-9-]+$")]
"""The function that the calling service shows it to, as the reading is written down; the service itself if missing."""


class OfReferrals(Part):
    """Which referrals a service asks about."""

    referral_ids: Annotated[tuple[Uuid, ...], Field(strict=False, max_length=MOST_IDS)]


def _sender(caller: Caller) -> Sender:
    return Sender(caller.centre or "", over="http")


def routes(service: Service[Work], safe: Safe, matching: Matching) -> list[APIRouter]:
    """Return the routers: what centres and coaches call, and what other services do."""
    return [_of_centres(service, safe, matching), _of_referrals(service, safe), _of_services(service, safe)]


def _of_centres(service: Service[Work], safe: Safe, matching: Matching) -> APIRouter:
    router = APIRouter(tags=["referrals"])

    @router.post("/requests", status_code=201, responses={200: {"model": Standing}})
    async def refer(
        caller: OfCentre, request: Annotated[ReferralRequested, body(ReferralRequested, _sender)], response: Response
    ) -> Standing:
        """Refer a participant. 200 when the same was sent before, 409 when the id is known with other content."""
        standing, taken = await calls.refer(service, safe, caller, request)
        if taken == "repeated":
            response.status_code = 200
        return standing

    @router.get("/referrals")
    async def list_referrals(
        caller: OfCentre,
        state: ReferralState | None = None,
        waiting_on: WaitingOn | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Page[ReferralLine]:
        """List the centre's referrals, newest first: state, on whom each waits, since when."""
        return await calls.list_lines(service, caller, state=state, waiting_on=waiting_on, cursor=cursor, limit=limit)

    @router.get("/referrals/{referral_id}")
    async def read_referral(caller: OfCentre, referral_id: UUID, language: Language = "en") -> ReferralView:
        """Read one referral: history and proposals, their reasons in sentences. The reading is written down."""
        return await calls.read(service, matching, caller, referral_id, language)

    @router.delete("/referrals/{referral_id}", status_code=204)
    async def erase_referral(caller: Annotated[Caller, allow("centre")], referral_id: UUID) -> None:
        """Erase a referral: whoever heard of it forgets it, and its id is never taken again. It cannot be undone."""
        await calls.erase(service, caller, referral_id)

    return router


def _of_referrals(service: Service[Work], safe: Safe) -> APIRouter:
    router = APIRouter(prefix="/referrals/{referral_id}", tags=["referrals"])

    @router.post("/choice")
    async def choose(caller: Coach, referral_id: UUID, choice: Annotated[Choice, body(Choice)]) -> Standing:
        """Record what the participant chose, and what they would take next, in their order."""
        return await calls.record_choice(service, caller, referral_id, choice)

    @router.post("/withdrawal")
    async def withdraw(
        caller: OfCentre, referral_id: UUID, withdrawal: Annotated[Withdrawal, body(Withdrawal)]
    ) -> Standing:
        """End the referral before it is closed."""
        return await calls.record_withdrawal(service, caller, referral_id, withdrawal)

    @router.post("/outcome")
    async def close(caller: Coach, referral_id: UUID, closing: Annotated[Closing, body(Closing)]) -> Standing:
        """Close the referral with how it went."""
        return await calls.record_outcome(service, caller, referral_id, closing)

    @router.put("/consent")
    async def give_consent(caller: OfCentre, referral_id: UUID, consent: Annotated[Consent, body(Consent)]) -> Standing:
        """Give or renew the consent."""
        return await calls.give_consent(service, caller, referral_id, consent)

    @router.delete("/consent")
    async def withdraw_consent(caller: OfCentre, referral_id: UUID) -> Standing:
        """Withdraw the consent: everything not yet done stops."""
        return await calls.withdraw_consent(service, caller, referral_id)

    @router.put("/questions/{question_id}/answer")
    async def answer_question(
        caller: Coach, referral_id: UUID, question_id: UUID, words: Annotated[Words, body(Words)]
    ) -> Standing:
        """Answer what a contact function asked, in place of an earlier answer; they read it by their link."""
        return await questions.answer(service, caller, referral_id, question_id, words)

    @router.put("/contact")
    async def give_contact(caller: OfCentre, referral_id: UUID, contact: Annotated[Contact, body(Contact)]) -> Standing:
        """Say how the participant is reached, in place of what was said before."""
        return await calls.give_contact(service, safe, caller, referral_id, contact)

    return router


def _of_services(service: Service[Work], safe: Safe) -> APIRouter:
    router = APIRouter(tags=["services"])

    @router.post("/consents")
    async def consents(
        caller: Annotated[Caller, allow(scope="consent.read")],  # noqa: ARG001 - the guard is all it is for
        asked: Annotated[OfReferrals, body(OfReferrals)],
    ) -> InForce:
        """Tell of which referrals a consent is in force today and nothing has ended."""
        return InForce(in_force=frozenset(await in_force(service, asked.referral_ids)))

    @router.get("/referrals/{referral_id}/shared")
    async def shared(
        caller: Annotated[Caller, allow(scope="shared.read")], referral_id: UUID, choice: int, reader: Reader = None
    ) -> Shared:
        """Give what the participant agreed to share; 410 when that is over. The reading is written down."""
        return await share(service, safe, caller, referral_id, choice, reader=reader or caller.subject)

    @router.put("/referrals/{referral_id}/questions/{question_id}", status_code=204)
    async def ask(
        caller: Annotated[Caller, allow(scope="question.ask")],  # noqa: ARG001 - as above
        referral_id: UUID,
        question_id: UUID,
        question: Annotated[Question, body(Question)],
    ) -> None:
        """Put a contact function's question to the coach; 410 when the choice is over. Repeated it changes nothing."""
        await questions.ask(service, referral_id, question_id, question)

    @router.get("/referrals/{referral_id}/questions/{question_id}")
    async def look(
        caller: Annotated[Caller, allow(scope="question.ask")],  # noqa: ARG001 - as above
        referral_id: UUID,
        question_id: UUID,
        choice: int,
    ) -> IsAnswered:
        """Tell whoever asked whether there is an answer, and no more; 410 when the choice is over."""
        return IsAnswered(is_answered=await questions.look(service, referral_id, choice, question_id))

    @router.get("/referrals/{referral_id}/questions")
    async def read_questions(
        caller: Annotated[Caller, allow(scope="question.read")], referral_id: UUID, choice: int, reader: Reader = None
    ) -> list[Answered]:
        """Give what was asked of this choice, and the answers; 410 when it is over. The reading is written down."""
        return await questions.read(service, caller, referral_id, choice, reader or caller.subject)

    return router
