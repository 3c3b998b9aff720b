"""Notices over HTTP: how they look, a trial to a function, and what mail servers report later. Never a participant."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from schemas.event import Part
from schemas.fields import Email, Name
from services.coordinator.domain.contact_function import Channel, in_charge
from services.coordinator.domain.invitation import NoticeKind
from services.coordinator.domain.notice import Address, Delivery
from services.coordinator.domain.working_days import local_day
from services.coordinator.letterhead import Letterhead
from services.coordinator.notifier import Message, Notifier
from services.coordinator.store import reports
from services.coordinator.store.contacts import find_contact
from services.coordinator.store.letters import LetterKind
from services.coordinator.store.work import Work, save
from services.coordinator.trials import an_example, trial_message
from services.coordinator.words import Written
from services.runtime.bodies import body
from services.runtime.errors import Conflict, NotFound
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.service import Service


@dataclass(frozen=True, slots=True)
class Trying:
    """What it takes to show notices and to send a trial."""

    service: Service[Work]
    letterhead: Letterhead
    notifier: Notifier[Message]
    channels: frozenset[Channel]


class Preview(BaseModel):
    """A notice as its reader would see it, of an activity that there is not."""

    subject: str
    text: str
    html: str


class Trial(BaseModel):
    """Where a trial went, and what became of it; `sent` clears a bounce."""

    channel: Channel
    to: str
    became: Delivery


class Report(Part):
    """What became of a notice after it was handed over, as a mail server or gateway tells it."""

    message_id: Name
    address: Email
    state: Literal["delivered", "bounced"]


def notices_api(trying: Trying) -> APIRouter:
    """Return the routes of notices."""
    router, service = APIRouter(tags=["notices"]), trying.service

    @router.get("/notices/preview")
    async def preview(
        caller: Annotated[Caller, allow("coordinator")],
        notice: NoticeKind | LetterKind = "invitation",
        language: Written = "en",
    ) -> Preview:
        """Show how a notice looks in a language; nothing is sent."""
        return Preview(**an_example(trying.letterhead, caller.municipality or "", notice, language, service.clock()))

    @router.post("/contacts/{contact_id}/trial")
    async def send_trial(caller: Annotated[Caller, allow("coordinator")], contact_id: UUID) -> Trial:
        """Send a trial to whoever is in charge of a contact function now; what is taken clears a bounce."""
        now = service.clock()
        async with service.engine.connect() as connection:
            function = await find_contact(connection, contact_id)
        if function is None or function.municipality is None or function.municipality != caller.municipality:
            raise NotFound
        charge = in_charge(function, local_day(now, function.municipality), channels=trying.channels)
        reached = charge and charge.reached_by(trying.channels)
        if not reached or function.language is None:
            raise Conflict("The contact function has no address that we can reach.")
        channel, to = reached
        message = trial_message(trying.letterhead, Address(to, function.language, channel), function, now)
        (became,) = await trying.notifier.send([message])
        if became == "sent":
            async with service.transaction() as tx:
                await reports.forget_bounce(tx.connection, str(contact_id), to)
        return Trial(channel=channel, to=to, became=became)

    @router.post("/notices/reports", status_code=204)
    async def take_report(
        caller: Annotated[Caller, allow("operator")],  # noqa: ARG001 - the guard is all it is for
        report: Annotated[Report, body(Report)],
    ) -> None:
        """Take what a mail server says later of a notice; one that bounced goes to whoever is next at once."""
        async with service.transaction() as tx:
            found = await reports.load_by_message_id(tx, report.message_id)
            if found is None:
                raise NotFound
            work, told = found
            for invitation in told:
                await reports.keep_delivery(tx.connection, invitation, report.state)
                if report.state == "bounced" and invitation.contact_id is not None:
                    await reports.keep_bounce(tx.connection, invitation.contact_id, report.address, tx.now)
                    work.hand_over(invitation, "bounced")
            await save(work)

    return router
