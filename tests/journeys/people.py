"""Who acts in a journey, each as they do it from outside: centre, coach, town, contact function. Never a database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer

from schemas import cloudevents
from schemas.event import Event, centre_topic
from schemas.referral import REQUESTS_TOPIC, STATUS_TOPIC, ReferralRejected, ReferralRequested, ReferralStatusChanged
from services.demo.browser import Page
from services.demo.contact_functions import LINK, follows_on
from services.runtime.embedded.mail import Mail
from services.runtime.transaction import utc_now
from tests.journeys.world import World
from tests.support.builders import a_referral, an_activity
from tests.support.reading_topics import Records, all_in, attribute, once
from tests.support.waiting import until

Json = dict[str, Any]

FIRST_NAME, PHONE = "Torvvarda", "+4740000099"
"""Of every participant; each shares them unless a story says otherwise."""
_participants = count(1)
KM_PER_DEGREE = 111.195


@dataclass(frozen=True)
class Notice:
    """A mail with an answer link, and what its reader sees and does with it."""

    http: httpx.AsyncClient
    mail: Mail

    async def open(self) -> str:
        """Return the page that the link leads to."""
        link = LINK.search(self.mail.text)
        assert link
        return await self._page(await self.http.get(link.group()))

    async def becomes(self, said: str) -> None:
        """Return when the page says this."""

        async def says() -> bool:
            return said in await self.open()

        await until(says)

    async def answer(self, page: str | None = None, *, to: str = "", **values: str) -> str:
        """Send a form of the page, opened now or earlier, and return the page that follows.

        LookupError where no form can send these values, or none leads there.
        """
        action, fields = Page(await self.open() if page is None else page).filled_in(values, to)
        return await self._page(await self.http.post(action, data=fields))

    async def accept(self) -> str:
        """Welcome the participant."""
        return await self.answer(answer="accept")

    async def decline(self, reason: str) -> str:
        """Say no."""
        return await self.answer(answer="decline", reason=reason)

    async def _page(self, answer: httpx.Response) -> str:
        assert answer.status_code in (httpx.codes.OK, httpx.codes.GONE), answer.text
        return answer.text


@dataclass(frozen=True)
class Activity:
    """An activity, and the mailbox of its own contact function."""

    town: "Town"
    id: str
    mailbox: str

    def mails(self) -> list[Mail]:
        """Return the invitations that the contact function was sent so far."""
        return [mail for mail in self.sent() if not follows_on(mail)]

    def sent(self) -> list[Mail]:
        """Return all that the contact function was sent so far."""
        return [mail for mail in self.town.world.machine.catcher.messages if mail.to == (self.mailbox,)]

    async def notice(self, number: int = 1) -> Notice:
        """Return the contact function's n-th notice, when it is there."""
        mails = await until(lambda: self.mails()[number - 1 :])
        return Notice(self.town.world.http, mails[0])

    async def taken(self) -> int:
        """Return how many seats are taken, as the coordinator sees it."""
        seen = await self.town.call("GET", f"/activities/activities/{self.id}")
        taken: int = seen["seats"]["taken"]
        return taken

    async def is_free(self) -> None:
        """Return when no seat is taken."""
        await self._has_taken(0)

    async def is_taken(self) -> None:
        """Return when one seat is taken."""
        await self._has_taken(1)

    async def _has_taken(self, seats: int) -> None:
        async def has() -> bool:
            return await self.taken() == seats

        await until(has)


@dataclass(frozen=True)
class Town:
    """A municipality, which a story has for itself, and its coordinator."""

    world: World
    code: str

    async def opens(
        self,
        name: str,
        *,
        km: float = 0,
        seats: int | None = 1,
        deputies: Sequence[str] = (),
        paused_until: str | None = None,
    ) -> Activity:
        """Publish a walk so far from where participants live: what is nearer fits better.

        The deputies of its contact function read mail at these addresses; it may be paused until a day.
        """
        contact_id, activity_id = str(uuid4()), str(uuid4())
        mailbox = f"{name.lower()}.{activity_id[:8]}@mote.example"
        contact = {
            "contact_id": contact_id,
            "municipality": self.code,
            "name": name,
            "email": mailbox,
            "phone": None,
            "language": "en",
            "deputies": [{"name": "Deputy", "email": email} for email in deputies],
            "paused_until": paused_until,
        }
        await self.call("PUT", f"/activities/contacts/{contact_id}", contact, expect=201)
        activity = an_activity(
            activity_id=activity_id,
            name=name,
            municipality=self.code,
            contact_id=contact_id,
            seats={"maximum": seats, "taken": 0},
            verified_on=self.world.day().isoformat(),
        )
        activity["place"]["latitude"] += km / KM_PER_DEGREE
        await self.call("POST", "/activities/activities", activity, expect=201)
        return Activity(self, activity_id, mailbox)

    async def invitations(self) -> list[tuple[str, str]]:
        """Return activity and state of the municipality's invitations, newest first."""
        page = await self.call("GET", "/coordinator/invitations")
        return [(seen["activity_id"], seen["state"]) for seen in page["items"]]

    async def call(self, method: str, path: str, body: object = None, *, expect: int = 200) -> Any:  # noqa: ANN401 - any JSON
        """Make a call for the municipality's coordinator."""
        return await self.world.call("coordinator", {"municipality": self.code}, method, path, body, expect=expect)


@dataclass(frozen=True)
class Centre:
    """A health centre and its coach, over HTTP and over its own topics."""

    world: World
    id: str

    def request(self, town: Town, **changes: object) -> Json:
        """Return a request for somebody of the town who would like to walk, and shares first name and phone."""
        return (
            a_referral(
                next(_participants),
                referral_id=str(uuid4()),
                health_centre=self.id,
                municipality=town.code,
                consent=self.consent(),
            )
            | changes
        )

    def consent(self, first: int = 0, last: int = 100) -> Json:
        """Return a consent from one day to another, in days from today."""
        return {
            "given_on": self.world.day(first).isoformat(),
            "expires_on": self.world.day(last).isoformat(),
            "share": ["first_name", "phone"],
            "purpose": "To find an activity.",
        }

    async def refer(self, town: Town, **changes: object) -> str:
        """Refer somebody over HTTP and return the referral's id."""
        contact = {"first_name": FIRST_NAME, "phone": PHONE, "email": None}
        body = self.request(town, contact=contact) | changes
        await self.call("POST", "/referral/requests", body, role="centre", expect=201)
        referral_id: str = body["referral_id"]
        return referral_id

    async def send(self, *bodies: Json) -> None:
        """Send requests, and withdrawals of them, over Kafka."""
        for body in bodies:
            kind = "withdrawal_requested" if "reason" in body else "requested"
            await self.send_raw(
                json.dumps(body).encode(), key=body["referral_id"], kind=f"org.motesplats.referral.{kind}.v1"
            )

    async def send_raw(self, value: bytes, *, key: str, kind: str = ReferralRequested.type()) -> None:
        """Send whatever it is over Kafka, under the headers of an event."""
        headers = cloudevents.headers(
            event_id=str(uuid4()), source=f"/health-centre/{self.id}", event_type=kind, time=utc_now(), key=key
        )
        async with AIOKafkaProducer(bootstrap_servers=self.world.machine.kafka) as producer:
            await producer.send_and_wait(
                centre_topic(REQUESTS_TOPIC, self.id), value, key=key.encode(), headers=headers
            )

    def withdrawal(self, referral_id: str) -> Json:
        """Return a withdrawal as it is sent over Kafka."""
        return {"referral_id": referral_id, "health_centre": self.id, "reason": "participant"}

    async def becomes(self, referral_id: str, state: str, waiting_on: str | None = None) -> Json:
        """Return the referral as the coach reads it, when it is in the state, and waits on whom, if that is said."""
        found: Json = {}

        async def seen() -> bool:
            read = await self.call("GET", f"/referral/referrals/{referral_id}")
            found.clear()
            found.update(read)
            return found["state"] == state and waiting_on in (None, found["waiting_on"])

        try:
            await until(seen)
        except TimeoutError:
            raise AssertionError(f"{found.get('state')}, waiting on {found.get('waiting_on')}, not {state}") from None
        return found

    async def proposals(self, referral_id: str) -> list[str]:
        """Return the activities that are proposed, best first, when they are."""
        found = await self.becomes(referral_id, "proposed", "participant")
        return [proposal["activity_id"] for proposal in found["proposals"]]

    async def choose(self, referral_id: str, *wanted: Activity) -> None:
        """Record what the participant chose, and what they would take next, once it is proposed."""
        await self.becomes(referral_id, "proposed")
        choice = {"activity_id": wanted[0].id, "then": [activity.id for activity in wanted[1:]]}
        await self.call("POST", f"/referral/referrals/{referral_id}/choice", choice)

    async def withdraw(self, referral_id: str) -> None:
        """Record that the participant withdrew."""
        await self.call("POST", f"/referral/referrals/{referral_id}/withdrawal", {"reason": "participant"})

    async def close(self, referral_id: str, outcome: str) -> None:
        """Record how it went."""
        await self.call("POST", f"/referral/referrals/{referral_id}/outcome", {"outcome": outcome})

    async def call(self, method: str, path: str, body: object = None, *, role: str = "coach", expect: int = 200) -> Any:  # noqa: ANN401 - any JSON
        """Make a call for somebody of the centre."""
        return await self.world.call(role, {"centre": self.id}, method, path, body, expect=expect)

    async def told(self, referral_id: str, *, last: str) -> list[tuple[str, str]]:
        """Return the states that the centre's own topic tells, and on whom each waits, when it tells the last."""

        async def states() -> list[tuple[str, str]]:
            records = await self._heard(referral_id, ReferralStatusChanged)
            found = [json.loads(record.value) for record in records]
            told = [(change["state"], change["waiting_on"]) for change in found]
            return told if told and told[-1][0] == last else []

        return await until(states)

    async def rejection(self, referral_id: str) -> Json:
        """Return the last ReferralRejected of the referral on the centre's own topic, when there is one."""
        records = await until(lambda: self._heard(referral_id, ReferralRejected))
        rejection: Json = json.loads(records[-1].value)
        return rejection

    async def _heard(self, referral_id: str, kind: type[Event]) -> Records:
        records = once(await all_in(self.world.machine.kafka, centre_topic(STATUS_TOPIC, self.id)))
        return [
            record
            for record in records
            if record.key.decode() == referral_id and attribute(record, "ce_type") == kind.type()
        ]


async def shared_with_services(world: World, referral_id: str, choice: int = 1) -> int:
    """Return what a service is answered, as a status, that asks what the participant shares."""
    token = world.machine.issuer.token("service", audience="referral", scope="shared.read")
    answer = await world.http.get(
        f"/referral/referrals/{referral_id}/shared",
        params={"choice": choice},
        headers={"Authorization": f"Bearer {token}"},
    )
    return answer.status_code


def what_happened(referral: Json) -> list[tuple[str, str]]:
    """Return the history of a referral: what happened, and the state that it left."""
    return [(line["what"], line["state"]) for line in referral["history"]]
