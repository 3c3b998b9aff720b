"""What every route of an answer link works with: the link is opened here, and here alone. Never what a route does.

A link that never was, one that is over and one that was revoked are answered alike, and count alike as a guess.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BeforeValidator

from schemas.fields import CalendarDay
from schemas.vocabulary import DECLINE_REASONS
from services.coordinator.activities_service import ActivitiesService
from services.coordinator.answer_texts import TEXTS
from services.coordinator.domain.contact_function import Channel
from services.coordinator.domain.handover import taker_of
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.links import hash_of
from services.coordinator.domain.working_days import AnswerTime, local_day, zone_of
from services.coordinator.handover_texts import handover_in, who_in
from services.coordinator.referral_service import ReferralService
from services.coordinator.store.answers import Shown, load_by_link, shown_by_link
from services.coordinator.store.work import Work, save
from services.coordinator.words import place_in, times_in, written
from services.dates import day_in
from services.runtime.connection import Connection
from services.runtime.errors import NotFound
from services.runtime.guards import SAFE_METHODS
from services.runtime.guessing import Guesses
from services.runtime.pages import environment, page
from services.runtime.service import Service

PAGES: Final = environment(Path(__file__).parent.parent / "templates")
NOTHING_SAID: Final[dict[str, Any]] = {"wrong": None, "said": "", "shared": None, "answered": None, "seats": None}
"""What a page shows beside where the invitation stands: a field's error, what was written, what was fetched."""
OptionalDay = Annotated[CalendarDay | None, BeforeValidator(lambda given: given or None)]
"""A day; the empty text, which a field that was left alone sends, is none."""


class NoSuchLink(NotFound):
    """The token opens nothing, whatever the reason."""


class GivenUp(Exception):  # noqa: N818 - no error: the link shows another page
    """The link was handed over: it shows what became of the invitation; a form of it changes nothing."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Parts:
    """The running service and what it asks of others."""

    service: Service[Work]
    referrals: ReferralService
    activities: ActivitiesService
    channels: frozenset[Channel]
    answer_time: AnswerTime
    guesses: Guesses

    async def shown(self, request: Request, token: str) -> Shown:
        """Return what the link shows; NoSuchLink, GivenUp, TooMany."""
        self.guesses.check(request)
        async with self.service.engine.connect() as connection:
            return await self._shown(connection, request, token)

    async def _shown(self, connection: Connection, request: Request, token: str) -> Shown:
        shown = await shown_by_link(connection, hash_of(token), self.answer_time)
        if shown is None or not shown.invitation.link_opens(self.service.clock()):
            self.guesses.wrong(request)
            raise NoSuchLink
        if shown.is_given_up:
            raise GivenUp(self.page(request, shown) if request.method in SAFE_METHODS else back_to(token))
        return shown

    def today(self, invitation: Invitation) -> date:
        """Return the day that it is where the invitation is."""
        return local_day(self.service.clock(), invitation.municipality)

    def taker_of(self, shown: Shown, invitation: Invitation) -> int | None:
        """Return the place of who would take the invitation over; None where there is nobody."""
        if shown.function is None or shown.function.language is None:
            return None
        today = self.today(invitation)
        return taker_of(shown.function, invitation.place, today, bounced=shown.bounced, channels=self.channels)

    def page(self, request: Request, shown: Shown, *, status: int = 200, **said: object) -> Response:
        """Return the page of a link in the language of whoever was asked; `said` as in NOTHING_SAID."""
        language, invitation = written(shown.language), shown.invitation
        zone = zone_of(invitation.municipality)
        return page(
            PAGES,
            request,
            "given_up.html" if shown.is_given_up else "answer.html",
            status=status,
            language=language,
            t=TEXTS[language],
            path=path_of(request.path_params["token"]),
            invitation=invitation,
            about=shown.about,
            place=place_in(language, shown.about),
            times=times_in(language, shown.about),
            answer_by=invitation.answer_by and day_in(language, invitation.answer_by.astimezone(zone).date()),
            visited_on=invitation.visited_on and day_in(language, invitation.visited_on),
            stopped_on=invitation.stopped_on and day_in(language, invitation.stopped_on),
            handovers=[handover_in(language, one, invitation.municipality) for one in shown.handovers],
            taker=self.taker_of(shown, invitation),
            who=partial(who_in, language),
            reasons=DECLINE_REASONS,
            **NOTHING_SAID | said,
        )

    @asynccontextmanager
    async def opened(self, request: Request, token: str) -> AsyncIterator[tuple[Work, Invitation]]:
        """Give the link's invitation, locked, to be changed; NoSuchLink, GivenUp, TooMany."""
        self.guesses.check(request)
        async with self.service.transaction() as tx:
            found = await load_by_link(tx, hash_of(token))
            if found is None or not found[1].link_opens(tx.now):
                await self._shown(tx.connection, request, token)
                raise NoSuchLink  # it was given up, or is over, since a moment
            yield found
            await save(found[0])


async def given_up(_request: Request, error: Exception) -> Response:
    """Return what a link that was handed over is answered."""
    assert isinstance(error, GivenUp)  # noqa: S101 - which it is registered for
    return error.answer


async def no_such_link(request: Request, _error: Exception) -> Response:
    """Return the page of a link that opens nothing, the same for all of them."""
    return page(PAGES, request, "no_such_link.html", status=NoSuchLink.status, language="sv")


def path_of(token: str) -> str:
    """Return where the page of a link is."""
    return f"/coordinator/answer/{token}"


def back_to(token: str) -> Response:
    """Return the redirect to the page that shows what came of a form."""
    return RedirectResponse(path_of(token), 303)
