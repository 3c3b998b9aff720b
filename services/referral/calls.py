"""What a health centre does with its referrals, by API or by page; another centre's are not there for it."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

import asyncpg

from schemas.referral import (
    ActivityChosen,
    Choice,
    Closing,
    Consent,
    Contact,
    ReferralClosed,
    ReferralRequested,
    ReferralWithdrawalRequested,
    Withdrawal,
)
from schemas.sentences import Language
from schemas.strict import FieldError, Invalid
from schemas.vocabulary import ReferralState, WaitingOn
from services.referral.announcing import announce_again, stop_watching, tell, tell_erasure, watch_consent
from services.referral.contacts import Safe
from services.referral.domain.referral import Referral, choose, close, reconsider, withdraw
from services.referral.intake import OTHER_CONTENT, take
from services.referral.matching import Matching
from services.referral.store import people
from services.referral.store.overview import choosable_ids, lines
from services.referral.store.people import Whose, lock_away, wrapped_key
from services.referral.store.work import Work, have_alone, load_beforehand, load_referrals, load_requests, save
from services.referral.views import ReferralLine, ReferralView, Standing, line_of, standing_of, view_of
from services.runtime.errors import Conflict, NotFound
from services.runtime.identity import Caller
from services.runtime.paging import Page, cursor_of, values_of
from services.runtime.service import Service
from services.runtime.transaction import Transaction
from services.working_days import local_day

TOO_LATE = "The referral's state does not allow it any more."


@asynccontextmanager
async def own_referral(
    service: Service[Work], caller: Caller, referral_id: UUID
) -> AsyncIterator[tuple[Work, Referral]]:
    """Give the centre's referral, locked, to be changed; NotFound if it is not there, or another centre's."""
    async with service.transaction() as tx:
        work, referral = await _load_own(tx, caller, referral_id)
        yield work, referral
        await save(work)


async def _load_own(tx: Transaction, caller: Caller, referral_id: UUID) -> tuple[Work, Referral]:
    work = await load_referrals(tx, [referral_id])
    referral = work.referrals.get(referral_id)
    if referral is None or referral.health_centre != caller.centre:
        raise NotFound
    await load_requests(work, [referral_id])
    return work, referral


async def refer(
    service: Service[Work], safe: Safe, caller: Caller, request: ReferralRequested
) -> tuple[Standing, Literal["new", "repeated"]]:
    """Take a request and tell whether it is new; Conflict if its id is known with other content."""
    try:
        return await _refer(service, safe, caller, request)
    except asyncpg.UniqueViolationError:
        # Somebody stored the same id between our reading and our writing: now it can be read.
        return await _refer(service, safe, caller, request)


async def _refer(
    service: Service[Work], safe: Safe, caller: Caller, request: ReferralRequested
) -> tuple[Standing, Literal["new", "repeated"]]:
    async with service.transaction() as tx:
        await have_alone(tx, [request.referral_id])
        work = await load_referrals(tx, [request.referral_id])
        await load_requests(work, work.referrals)
        await load_beforehand(work, {request.referral_id: request.health_centre})
        taken = take(work, request, caller.role, safe.digest(request.contact))
        if taken == "other":
            raise Conflict(f"The referral_id {OTHER_CONTENT}.")
        await save(work)
        if taken == "new" and request.contact:
            await _keep_contact(work, safe, request, request.contact)
        return standing_of(work.referrals[request.referral_id]), taken


async def _keep_contact(work: Work, safe: Safe, request: ReferralRequested, contact: Contact) -> None:
    whose, connection = Whose(request.health_centre, request.participant.pseudonym), work.tx.connection
    key = await wrapped_key(connection, whose)
    await lock_away(connection, whose, safe.lock(contact, str(whose), key))


async def list_lines(
    service: Service[Work],
    caller: Caller,
    *,
    state: ReferralState | None,
    waiting_on: WaitingOn | None,
    cursor: str | None,
    limit: int,
) -> Page[ReferralLine]:
    """Return the centre's referrals, newest first, in the state and waiting on whom, if that is said."""
    after = values_of(cursor, datetime, UUID) if cursor else None
    async with service.engine.connect() as connection:
        rows = await lines(
            connection,
            caller.centre or "",
            state=state,
            waiting_on=waiting_on,
            after=(after[0], after[1]) if after else None,
            limit=limit + 1,
        )
    items = [line_of(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next=cursor_of(items[-1].received_at, items[-1].referral_id) if more else None)


async def read(
    service: Service[Work], matching: Matching, caller: Caller, referral_id: UUID, language: Language = "en"
) -> ReferralView:
    """Return all of the centre's referral, and write the reading down; NotFound as always.

    For a protected identity the proposals are asked for now: they are kept nowhere.
    """
    async with service.transaction() as tx:
        found = await view_of(tx.connection, referral_id, caller.centre or "", language)
        if found is None:
            raise NotFound
        view, request = found
        work = Work(tx)
        whose = Whose(request.health_centre, view.pseudonym)
        work.add_reading(referral_id, whose, "referral", request.health_centre, caller.subject)
        await save(work)
    if view.state == "received" and view.waiting_on == "coach" and view.consent:
        answer = await matching.answer(request, view.consent, language)
        return view.model_copy(update=dict(answer))
    return view


async def erase(service: Service[Work], caller: Caller, referral_id: UUID) -> None:
    """Forget the referral, and have everybody forget it who heard of it; its id is never taken again."""
    async with service.transaction() as tx:
        work, referral = await _load_own(tx, caller, referral_id)
        tell_erasure(work, referral)
        stop_watching(work, referral)
        participant = work.requests[referral_id].content.participant
        await people.erase(tx, referral_id, Whose(referral.health_centre, participant.pseudonym))


async def record_choice(service: Service[Work], caller: Caller, referral_id: UUID, choice: Choice) -> Standing:
    """Record what the participant chose; Conflict if it is too late, Invalid if it was not proposed.

    Whoever chooses what was said to be full waits for a seat, and `wait` says that of all that is chosen.
    """
    async with own_referral(service, caller, referral_id) as (work, referral):
        wanted = (choice.activity_id, *choice.then)
        proposed, waitable = await choosable_ids(work.tx.connection, referral_id)
        match choose(referral, wanted, wanted if choice.wait else waitable.intersection(wanted), work.tx.now):
            case "too_late":
                raise Conflict(TOO_LATE)
            case "chosen":
                _refuse_others(wanted, proposed | waitable)
                tell(work, referral, caller.role, ActivityChosen.event_name)
            case "repeated":
                pass
            case never:
                assert_never(never)
    return standing_of(referral)


def _refuse_others(wanted: Sequence[UUID], choosable: Collection[UUID]) -> None:
    paths = ("activity_id", *(f"then[{place}]" for place in range(len(wanted) - 1)))
    errors = [
        FieldError(path, "is not among the proposals")
        for path, activity_id in zip(paths, wanted, strict=True)
        if activity_id not in choosable
    ]
    if errors:
        raise Invalid(errors)


async def record_withdrawal(
    service: Service[Work], caller: Caller, referral_id: UUID, withdrawal: Withdrawal
) -> Standing:
    """End the referral before it is closed; Conflict if it is closed."""
    async with own_referral(service, caller, referral_id) as (work, referral):
        if withdraw(referral, withdrawal.reason, work.tx.now):
            what = ReferralWithdrawalRequested.event_name
            tell(work, referral, caller.role, what, reason=withdrawal.reason)
        elif referral.state != "withdrawn":
            raise Conflict(TOO_LATE)
    return standing_of(referral)


async def record_outcome(service: Service[Work], caller: Caller, referral_id: UUID, closing: Closing) -> Standing:
    """Close the referral; Conflict if it has ended otherwise."""
    async with own_referral(service, caller, referral_id) as (work, referral):
        match close(referral, closing.outcome, work.tx.now):
            case "too_late":
                raise Conflict(TOO_LATE)
            case "closed":
                tell(work, referral, caller.role, ReferralClosed.event_name, reason=closing.outcome)
            case "repeated":
                pass
            case never:
                assert_never(never)
    return standing_of(referral)


async def give_consent(service: Service[Work], caller: Caller, referral_id: UUID, consent: Consent) -> Standing:
    """Keep a consent, given or renewed, and let the referral begin if it waited for one.

    Conflict if it has ended; Invalid if the referral is under way and the consent is not in force today.
    """
    async with own_referral(service, caller, referral_id) as (work, referral):
        if referral.has_ended:
            raise Conflict(TOO_LATE)
        today = local_day(work.tx.now, referral.municipality)
        referral.consent_given_on, referral.consent_expires_on = consent.given_on, consent.expires_on
        if referral.announced and not referral.consent_in_force(today):
            path = "given_on" if consent.given_on > today else "expires_on"
            raise Invalid([FieldError(path, "must let the consent be in force today: the referral is under way")])
        had_begun = referral.announced
        reconsider(referral, today, work.tx.now)
        work.add_consent(referral_id, consent)
        watch_consent(work, referral)
        tell(work, referral, caller.role, "consent.given")
        if had_begun and referral.state in ("received", "unmatched"):
            announce_again(work, referral)  # whoever tries it again must know until when it may
    return standing_of(referral)


async def withdraw_consent(service: Service[Work], caller: Caller, referral_id: UUID) -> Standing:
    """Stop everything that is not yet done; a referral that nobody else knows of waits for a new consent."""
    async with own_referral(service, caller, referral_id) as (work, referral):
        if referral.consent_given_on is not None:
            referral.consent_given_on = referral.consent_expires_on = None
            reconsider(referral, local_day(work.tx.now, referral.municipality), work.tx.now)
            tell(work, referral, caller.role, "consent.withdrawn")
    return standing_of(referral)


async def give_contact(
    service: Service[Work], safe: Safe, caller: Caller, referral_id: UUID, contact: Contact
) -> Standing:
    """Keep how the participant is reached, in place of what was known; Conflict if the referral has ended."""
    async with own_referral(service, caller, referral_id) as (work, referral):
        if referral.has_ended:
            raise Conflict(TOO_LATE)
        await _keep_contact(work, safe, work.requests[referral_id].content, contact)
        tell(work, referral, caller.role, "contact.given")
    return standing_of(referral)
