"""Simulated contact functions: they read their mail, follow the link in it and answer. Never an API call."""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Final

import httpx

from schemas.vocabulary import DECLINE_REASONS
from services.demo.browser import Page
from services.demo.contacts_people import answer_of
from services.demo.story import Answered, Story
from services.demo.telling import Telling
from services.runtime.embedded.mail import Mail, MailCatcher

LINK: Final = re.compile(r"https?://\S+/coordinator/answer/([\w-]+)")


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
        asked_at, shared_page = datetime.now(UTC), ""
        match answer:
            case "accept":
                page = await self._send(page, answer="accept")
                self._telling.happened("accepted", f"{function} accepts")
                asked_at = datetime.now(UTC)
                shared_page = await self._send(page, to="/shared")
                await self._send(page, visit="attended")
                self._telling.happened("visited", f"{function} welcomes somebody new")
            case "decline":
                reason = DECLINE_REASONS[mail.number % len(DECLINE_REASONS)]
                await self._send(page, answer="decline", reason=reason)
                self._telling.happened("declined", f"{function} declines: {reason}")
            case "silence":
                self._telling.happened("silent", f"{function} says nothing")
        self._story.answers[token] = Answered(answer, asked_at, shared_page)

    async def _send(self, page: str, *, to: str = "", **values: str) -> str:
        """Send the form of the page that can send these values and leads there; return the page that follows."""
        try:
            action, fields = Page(page).filled_in(values, to)
        except LookupError as error:
            self._story.surprises.append(f"an answer link: {error}")
            return page
        return await self._page(await self._http.post(action, data=fields))

    async def _page(self, answer: httpx.Response) -> str:
        if answer.status_code != httpx.codes.OK:
            self._story.surprises.append(f"{answer.request.method} of an answer link: {answer.status_code}")
        return answer.text
