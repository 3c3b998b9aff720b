"""The people of a run: centres that refer, coaches that choose, contact functions that answer. They try until it works.

All they do is drawn from the seed; only when each of it happens is up to the services.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

import httpx
from aiokafka.errors import KafkaError
from asyncpg import InterfaceError, PostgresError

from schemas import cloudevents
from schemas.event import centre_topic
from schemas.referral import REQUESTS_TOPIC, ReferralRequested
from schemas.vocabulary import DECLINE_REASONS
from services.demo.contact_functions import LINK
from services.demo.draws import one_of
from services.demo.referrals import Request, referrals
from tests.chaos.platform import Platform
from tests.chaos.producing import Producing
from tests.support.ledger import Call

STORIES: Final = ("control", "protected", "no_consent", "consent_ended")
ANSWERS: Final = {"accept": 55, "decline": 20, "silence": 25}
VISITED_PERCENT, WITHDRAWN_PERCENT = 40, 8
WOULD_TAKE_NEXT: Final = 2
PATIENCE_SECONDS: Final = 600.0
"""How long somebody tries the same again before a run has failed; a busy machine is no breach."""
LOOK_SECONDS, SLOWLY_SECONDS = 0.3, 1.0
REVOKED, TOO_OFTEN = 404, 429
"""What an answer link says of which somebody else has got a newer one; and what who asks too often is told."""
AT_ONCE, IDLE = 40, 8
"""So many people act at the same time; few connections wait, since at each request the pool compares all that do."""

AWAY: Final = (PostgresError, InterfaceError, OSError)
"""What a database that is away can be told by."""

_TO_CHOOSE: Final = (
    "select referral_id::text as key from referral where state = 'proposed' and waiting_on = 'participant'"
)
_STORED: Final = "select referral_id::text as key from referral"
_BECAME: Final = "select state from invitation where token_hash = sha256(convert_to(:token, 'utf8'))"


@dataclass
class Load:
    """Sends requests at a rate, and lives through what becomes of them."""

    platform: Platform
    seed: int
    count: int
    per_second: float
    calls: list[Call] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    sent: int = 0
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when what is to go wrong has happened."""
    acting: dict[asyncio.Task[None], str] = field(default_factory=dict)
    """Who acts, and what kept each from an answer the last time."""
    requests: Sequence[Request] = ()
    lost: frozenset[str] = frozenset()
    """Referrals that were lost with a database: nobody finds them."""
    _chosen: set[str] = field(default_factory=set)
    _answered: set[str] = field(default_factory=set)
    _over_kafka: dict[str, Request] = field(default_factory=dict)

    def __post_init__(self) -> None:
        today = date.today()  # noqa: DTZ011 - dates of consent are local
        self.requests = referrals(self.seed, self.count, today, stories=STORIES)
        self._by_id = {request.body["referral_id"]: request for request in self.requests}
        kept = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=IDLE)
        self._http = httpx.AsyncClient(timeout=15, trust_env=False, limits=kept)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._producing = Producing(self.platform.settings)

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Have coaches and contact functions act within this context."""
        people = [asyncio.create_task(self._coaches()), asyncio.create_task(self._contact_functions())]
        try:
            yield
        finally:
            for person in (*people, *self.acting):
                person.cancel()
            await asyncio.gather(*people, *self.acting, return_exceptions=True)
            await self._http.aclose()
            await self._producing.end()

    async def send(self, share: int = 0, shares: int = 1) -> None:
        """Send a share of the requests, each the way it is to go, and withdraw some of them sooner or later.

        The second half goes ever more slowly until what is to go wrong has happened: it must find something to disturb.
        """
        requests = self.requests[share::shares]
        for slow, request in enumerate(requests, start=-len(requests) // 2):
            if slow < 0 or self.may_end.is_set():
                await asyncio.sleep(1 / self.per_second)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.may_end.wait(), SLOWLY_SECONDS * (1 + slow / 10))
            self._act(self._refer(request))

    async def send_again(self) -> None:
        """Send again what a broker that forgets may have lost before it landed: a request counts once it is stored."""
        stored = {row.key for row in await self.platform.rows("referral", _STORED)}
        for key, request in list(self._over_kafka.items()):
            if key not in stored:
                self._act(self._produce(request))

    def draw(self, about: str) -> random.Random:
        """Return the dice of one matter: the same in every run of the seed."""
        return random.Random(f"{self.seed}:{about}")  # noqa: S311 - repeatable, not secret

    def _act(self, doing: Coroutine[Any, Any, None], *, after: float = 0) -> None:
        async def in_turn() -> None:
            await asyncio.sleep(after)
            async with self._room:
                await doing

        task = asyncio.create_task(in_turn())
        self.acting[task] = f"{doing.__name__}: not begun"
        task.add_done_callback(self._acted)

    def _acted(self, task: asyncio.Task[None]) -> None:
        before = self.acting.pop(task)
        if not task.cancelled() and (error := task.exception()):
            self.surprises.append(f"somebody gave up: {error!r}, {before}")

    async def _refer(self, request: Request) -> None:
        key, centre = request.body["referral_id"], request.body["health_centre"]
        if request.over == "kafka":
            self._over_kafka[key] = request
            await self._produce(request)
        else:
            await self._call("centre", centre, "POST", "/referral/requests", request.body, good=(200, 201))
        self.calls.append(Call("request", key))
        self.sent += 1
        dice = self.draw(f"withdrawal {key}")
        if request.story == "plain" and dice.randrange(100) < WITHDRAWN_PERCENT:
            self._act(self.withdraw(key, centre), after=dice.uniform(0, 6))

    async def withdraw(self, key: str, centre: str) -> None:
        """Withdraw a referral, however often that takes."""
        path = f"/referral/referrals/{key}/withdrawal"
        await self._call("coach", centre, "POST", path, {"reason": "participant"}, good=(200,), not_yet=(404,))
        self.calls.append(Call("withdrawal", key))

    async def _coaches(self) -> None:
        """Look for ever for referrals of which the participant has to choose."""
        while True:
            try:
                waiting = {row.key for row in await self.platform.rows("referral", _TO_CHOOSE)}
            except AWAY:
                waiting = set()
            for key in waiting - self._chosen:
                self._chosen.add(key)
                self._act(self._choose(key))
            await asyncio.sleep(LOOK_SECONDS)

    async def _choose(self, key: str) -> None:
        centre, path = self._by_id[key].body["health_centre"], f"/referral/referrals/{key}"
        seen = await self._call("coach", centre, "GET", path, good=(200,))
        if key in self.lost:
            return
        proposed = [proposal["activity_id"] for proposal in seen.json()["proposals"]]
        choice = {"activity_id": proposed[0], "then": proposed[1 : 1 + WOULD_TAKE_NEXT]}
        answer = await self._call("coach", centre, "POST", f"{path}/choice", choice, good=(200, 409))
        if answer.status_code == httpx.codes.OK:
            self.calls.append(Call("choice", key))

    async def _contact_functions(self) -> None:
        """Read mail for ever; of a notice that comes again, nothing."""
        async for mail in self.platform.mail.mails():
            link = LINK.search(mail.text)
            if link and link[1] not in self._answered:
                self._answered.add(link[1])
                self._act(self._answer(link[1]))

    async def _answer(self, token: str) -> None:
        dice = self.draw(f"answer {token}")
        match one_of(dice, ANSWERS):
            case "accept":
                await self._say(token, "accept")
                if dice.randrange(100) < VISITED_PERCENT:
                    await self._form(f"/coordinator/answer/{token}/visit", {"visit": "attended"})
            case "decline":
                await self._say(token, "decline", dice.choice(DECLINE_REASONS))

    async def _say(self, token: str, answer: str, reason: str | None = None) -> None:
        """Answer, and remember it as heard if that is what stands when the page says thank you."""
        await self._form(f"/coordinator/answer/{token}", {"answer": answer} | ({"reason": reason} if reason else {}))
        became = [row.state for row in await self._until_answered(self._became, token)]
        if became == [{"accept": "accepted", "decline": "declined"}[answer]]:
            self.calls.append(Call("accept" if answer == "accept" else "decline", token))

    async def _became(self, token: str) -> list[Any]:
        return await self.platform.rows("coordinator", _BECAME, token=token)

    async def _form(self, path: str, fields: dict[str, str]) -> None:
        url = f"{self.platform.urls['coordinator']}{path}"
        dice = self.draw(f"address {path}")
        # Links that a deputy's has revoked count as guesses, and people do not share one address.
        home = {"X-Forwarded-For": f"10.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}"}
        await self._until_answered(self._http_once, "POST", url, good=(200, 303, REVOKED), data=fields, headers=home)

    async def _call(
        self,
        role: str,
        centre: str,
        method: str,
        path: str,
        body: object = None,
        *,
        good: tuple[int, ...],
        not_yet: tuple[int, ...] = (),
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.platform.issuer.token(role, centre=centre)}"}
        url = f"{self.platform.urls['referral']}{path}"
        return await self._until_answered(
            self._http_once, method, url, good=good, not_yet=not_yet, json=body, headers=headers
        )

    async def _http_once(
        self,
        method: str,
        url: str,
        *,
        good: tuple[int, ...],
        not_yet: tuple[int, ...] = (),
        **sent: Any,  # noqa: ANN401 - httpx's own
    ) -> httpx.Response:
        answer = await self._http.request(method, url, **sent)
        if answer.status_code == httpx.codes.NOT_FOUND and not self.lost.isdisjoint(url.split("/")):
            return answer
        if answer.status_code in (*not_yet, TOO_OFTEN) or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise NotYetError(method, httpx.URL(url).path, answer.status_code)
        if answer.status_code not in good:
            self.surprises.append(f"{method} {httpx.URL(url).path.rpartition('/')[2]}: {answer.status_code}")
        return answer

    async def _produce(self, request: Request) -> None:
        body = request.body
        headers = cloudevents.headers(
            event_id=f"request-{body['referral_id']}",
            source=f"/health-centre/{body['health_centre']}",
            event_type=ReferralRequested.type(),
            time=datetime.now(UTC),
            key=body["referral_id"],
        )
        topic = centre_topic(REQUESTS_TOPIC, body["health_centre"])
        value, key = json.dumps(body).encode(), body["referral_id"].encode()
        await self._until_answered(self._producing.send, topic, value, key, headers)

    async def _until_answered(self, attempt: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever is tried
        """Try until there is an answer, as people do."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await attempt(*given, **named)
                except (httpx.TransportError, KafkaError, NotYetError, *AWAY) as error:
                    if (acting := asyncio.current_task()) in self.acting:
                        self.acting[acting] = f"{attempt.__name__}: {error!r}"
                    await asyncio.sleep(0.25)


class NotYetError(Exception):
    """What was asked for cannot be answered at the moment."""
