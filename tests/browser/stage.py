"""Towns whose pages are looked at: everything is brought about by HTTP, as people do it. Never a look at a page."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from services.demo.contact_functions import LINK
from services.runtime.guards import SESSION_COOKIE
from services.runtime.service import TIME
from tests.journeys.people import Centre, Town
from tests.support.builders import an_activity, number
from tests.support.waiting import until

NAMES = {"sv": "Promenad i Slottsskogen", "nb": "Tur i Folkeparken", "en": "Walk in the park"}
QUESTION = {"sv": "Går det bra med rullator?", "nb": "Går det bra med rullator?", "en": "Is a walker all right?"}
ANSWER = {"sv": "Ja, det går fint.", "nb": "Ja, det går fint.", "en": "Yes, that is fine."}
SHARED = ("first_name", "phone", "email", "companion")


@dataclass(frozen=True)
class Stage:
    """A town, a health centre, and the language that its contact functions and coordinator read."""

    town: Town
    centre: Centre
    language: str
    mailbox: str = field(default_factory=lambda: f"walk.{uuid4().hex[:8]}@mote.example")

    @property
    def deputy(self) -> str:
        """The mailbox of the deputies."""
        return f"deputy.{self.mailbox}"

    @property
    def url(self) -> str:
        """Where everything is."""
        return self.town.world.machine.url

    def session(self, role: str, **claims: str) -> dict[str, Any]:
        """Return the cookie of somebody who signed in."""
        token = self.town.world.machine.issuer.token(role, **claims)  # type: ignore[arg-type]  # claims are texts
        return {"name": SESSION_COOKIE, "value": token, "url": self.url}

    @property
    def coordinator(self) -> dict[str, Any]:
        """The cookie of the town's coordinator."""
        return self.session("coordinator", municipality=self.town.code)

    @property
    def coach(self) -> dict[str, Any]:
        """The cookie of the centre's coach."""
        return self.session("coach", centre=self.centre.id)

    async def invite(self, **changes: object) -> tuple[str, str]:
        """Have somebody invited to a walk; return the referral, and the answer link in the mail."""
        await self.open_walk()
        mails = self.town.world.machine.catcher.messages
        before = len([mail for mail in mails if mail.to == (self.mailbox,)])
        contact = {"first_name": "Solveig", "phone": "+4777012345", "email": "solveig@mote.example"}
        consent = self.centre.consent() | {"share": list(SHARED)}
        referral_id = await self.centre.refer(self.town, contact=contact, consent=consent, **changes)
        shown = await self.centre.becomes(referral_id, "proposed")
        body = {"activity_id": shown["proposals"][0]["activity_id"], "then": []}  # all walks of the town are alike
        await self.centre.call("POST", f"/referral/referrals/{referral_id}/choice", body)
        link = await self._link_to(self.mailbox, before)
        await self.centre.becomes(referral_id, "invited")
        return referral_id, link

    async def hand_over(self, link: str) -> str:
        """Have the holder hand over until a week from now; return the answer link in the deputy's mail."""
        before = len([mail for mail in self.town.world.machine.catcher.messages if mail.to == (self.deputy,)])
        await self.post(f"{link}/handover", until=self.town.world.day(7).isoformat())
        return await self._link_to(self.deputy, before)

    async def _link_to(self, mailbox: str, number: int) -> str:
        mails = self.town.world.machine.catcher.messages
        own = await until(lambda: [mail for mail in mails if mail.to == (mailbox,)][number:])
        link = LINK.search(own[0].text)
        assert link
        return link.group()

    async def post(self, url: str, **fields: str) -> str:
        """Send a form, and return the page that follows."""
        answer = await self.town.world.http.post(url, data=fields)
        return answer.text

    async def open_walk(self, **changes: object) -> str:
        """Publish a walk with a contact function that reads the language."""
        contact_id, activity_id = str(uuid4()), str(uuid4())
        contact = {
            "contact_id": contact_id,
            "municipality": self.town.code,
            "name": NAMES[self.language],
            "email": self.mailbox,
            "phone": None,
            "language": self.language,
            "deputies": [{"name": "Vara", "email": self.deputy}],
        }
        await self.town.call("PUT", f"/activities/contacts/{contact_id}", contact, expect=201)
        activity = an_activity(
            activity_id=activity_id,
            name=NAMES[self.language],
            municipality=self.town.code,
            organiser={"organiser_id": f"org-{self.town.code}", "name": "Turlaget", "kind": "municipality"},
            contact_id=contact_id,
            seats={"maximum": 1, "taken": 0},
            verified_on=self.town.world.day().isoformat(),
        )
        await self.town.call("POST", "/activities/activities", activity | changes, expect=201)
        return activity_id

    async def a_day(self) -> None:
        """Have something in every list of the coordinator's day page."""
        address = {"email": f"day.{self.town.code}@mote.example", "language": self.language}
        await self.town.call("PUT", f"/coordinator/municipalities/{self.town.code}", address)
        voluntary = {"organiser_id": f"vol-{self.town.code}", "name": "Turlaget Fjell", "kind": "voluntary"}
        agreement = {
            "valid_from": self.town.world.day(-300).isoformat(),
            "valid_to": self.town.world.day(40).isoformat(),
        }
        old = self.town.world.day(-170).isoformat()
        await self.open_walk(organiser=voluntary, agreement=agreement, verified_on=old)
        silent = {
            "contact_id": str(uuid4()),
            "municipality": self.town.code,
            "name": "Frivilligsentralen",
            "email": None,
            "phone": "+4777012345",
            "language": self.language,
        }
        await self.town.call("PUT", f"/activities/contacts/{silent['contact_id']}", silent, expect=201)
        _, unanswered = await self.invite()
        _, asked = await self.invite()
        assert unanswered != asked
        await self.post(f"{asked}/question", text=QUESTION[self.language])

    async def answered_question(self) -> tuple[str, str]:
        """Have a question asked and answered; return the referral and the link."""
        referral_id, link = await self.invite()
        await self.post(f"{link}/question", text=QUESTION[self.language])
        self.town.world.machine.made["coordinator"].service.wake(TIME)

        async def asked() -> Any:  # noqa: ANN401 - JSON
            return (await self.centre.call("GET", f"/referral/referrals/{referral_id}"))["questions"]

        questions = await until(asked)
        path = f"/referral/referrals/{referral_id}/questions/{questions[0]['question_id']}/answer"
        await self.centre.call("PUT", path, {"text": ANSWER[self.language]})
        return referral_id, link


def never() -> str:
    """Return the path of a link that never was."""
    return f"/coordinator/answer/{number(1)}"
