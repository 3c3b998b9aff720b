"""Simulated contact functions: they read their mail, follow the link in it and answer. Never an API call."""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Final

import httpx

from schemas.vocabulary import DECLINE_REASONS, DeclineReason
from services.demo.browser import Page
from services.demo.contacts_people import answer_of
from services.demo.story import Answered, Story
from services.demo.telling import Telling
from services.runtime.embedded.mail import Mail, MailCatcher

LINK: Final = re.compile(r"https?://\S+/coordinator/answer/([\w-]+)")
LETTERS: Final = ("<still_correct-", "<weekly-", "<unreachable-", "<answered-")


def follows_on(mail: Mail) -> bool:
    """Tell whether a mail follows on an invitation, as a reminder does, or is a letter: no invitation itself."""
    return mail.message["References"] is not None or mail.message_id.startswith(LETTERS)


def invitations(catcher: MailCatcher) -> list[Mail]:
    """Return the mails that invite to answer for the first time."""
    return [mail for mail in catcher.messages if not follows_on(mail)]


class ContactFunctions:
    """All of them: each answers as its own mail, and chance, would have it."""

    def __init__(self, http: httpx.AsyncClient, story: Story, telling: Telling, seed: int) -> None:
        """Take a client that follows redirects, as browsers do."""
        self._http, self._story, self._telling, self._seed = http, story, telling, seed
        self._earlier: Counter[str] = Counter()

    async def read(self, catcher: MailCatcher) -> None:
        """Read mail for ever, and answer it."""
        async with asyncio.TaskGroup() as answering:
            async for mail in catcher.mails():
                link = LINK.search(mail.text)
                if follows_on(mail):
                    continue  # they have made up their mind
                if link is None:
                    self._story.surprises.append(f"mail {mail.number} holds no link")
                else:
                    answering.create_task(self._answer(mail, link.group(), link[1]))

    async def _answer(self, mail: Mail, link: str, token: str) -> None:
        function, about = mail.to[0], mail.subject
        # Not by the token or the mail's number, which another run would not repeat.
        self._earlier[about] += 1
        answer = answer_of(f"{about} {self._earlier[about]}", self._seed)
        self._telling.happened("noticed", f"{function} reads: {about}")
        page = await self._page(await self._http.get(link))
        try:
            match answer:
                case "accept":
                    answered = await self._accept(function, page)
                case "decline":
                    answered = await self._decline(function, page, DECLINE_REASONS[mail.number % len(DECLINE_REASONS)])
                case "silence":
                    self._telling.happened("silent", f"{function} says nothing")
                    answered = Answered("silence", datetime.now(UTC))
        except LookupError:
            answered = Answered("too_late", datetime.now(UTC))
        self._story.answers[token] = answered

    async def _accept(self, function: str, page: str) -> Answered:
        """Accept, look at what is shared, and some time later record the first visit."""
        accepted = await self._send(page, answer="accept")
        asked_at = datetime.now(UTC)
        shared_page = await self._send(accepted, to="/shared")
        self._telling.happened("accepted", f"{function} accepts")
        await self._send(accepted, visit="attended")
        self._telling.happened("visited", f"{function} welcomes somebody new")
        return Answered("accept", asked_at, shared_page)

    async def _decline(self, function: str, page: str, reason: DeclineReason) -> Answered:
        await self._send(page, answer="decline", reason=reason)
        self._telling.happened("declined", f"{function} declines: {reason}")
        return Answered("decline", datetime.now(UTC))

    async def _send(self, page: str, *, to: str = "", **values: str) -> str:
        """Send the form of the page that can send these values and leads there; return the page that follows.

        LookupError where there is no such form: it is too late for that answer.
        """
        action, fields = Page(page).filled_in(values, to)
        return await self._page(await self._http.post(action, data=fields))

    async def _page(self, answer: httpx.Response) -> str:
        if answer.status_code != httpx.codes.OK:
            self._story.surprises.append(f"{answer.request.method} of an answer link: {answer.status_code}")
        return answer.text
