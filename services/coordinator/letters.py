"""Letters besides invitations: is it still correct, what waits, that there is an answer. Never about anybody.

They are written once however often somebody asks for them, grouped by reader and kind, and sent by the same notifier.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from schemas.today import EndingVerification
from services.coordinator.activities_service import ActivitiesService
from services.coordinator.domain.contact_function import ContactFunction, in_charge
from services.coordinator.domain.invitation import LINK_STAYS
from services.coordinator.domain.links import answer_link, function_link, mark_of
from services.coordinator.domain.notice import PAUSES, Address, Delivery, is_given_up, next_attempt
from services.coordinator.domain.working_days import CLOSES, OPENS, is_working_day, local_day, zone_of
from services.coordinator.letter_texts import LETTERS
from services.coordinator.letterhead import Letterhead
from services.coordinator.mail import Block, Content, Link, Mail, encoded, mail
from services.coordinator.notifier import Message, Notifier, send_all
from services.coordinator.store import handed_over, notices
from services.coordinator.store import letters as store
from services.coordinator.store.letters import Asked, Letter, LetterKind
from services.coordinator.words import Written, one_line, written
from services.dates import day_in
from services.runtime.connection import Connection, Row
from services.runtime.service import Service

BATCH: Final = 200
LEASE: Final = timedelta(minutes=5)
EVERY: Final = timedelta(hours=1)
FIRST: Final = timedelta(minutes=5)
"""After a start, before anything is looked for: those who just started have other things to do."""
MARKS_STAY: Final = timedelta(days=1)
"""Those of mails whose sender was killed, and which nobody has wanted to send since."""
MANY: Final = 5
"""From so many open invitations on, a function gets a letter a week."""
LONGEST: Final = 100
MONDAY: Final = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """What letters that go out as one mail have in common; `is_own`: to the function itself, not the coordinator."""

    kind: LetterKind
    address: Address
    is_own: bool

    def mark(self, letter: Letter) -> bytes:
        """Return by which it is known that the letter was handed over in a mail like this."""
        return mark_of(str(letter.letter_id), self.address.to)


@dataclass(slots=True)
class Letters:
    """What it takes to write and send letters."""

    service: Service[Any]
    activities: ActivitiesService
    notifier: Notifier[Message]
    letterhead: Letterhead
    looks_at: datetime | None = None

    async def send_due(self, now: datetime) -> int:
        """Write what has become due, send what is written, and return how many letters that were."""
        if self.looks_at is None:
            self.looks_at = now + FIRST
        if now >= self.looks_at:
            self.looks_at = now + EVERY
            await self.write(now)
            async with self.service.engine.connect() as connection:
                await handed_over.forget_before(connection, now - MARKS_STAY)
        async with self.service.engine.begin() as connection:
            due = await store.claim(connection, now, now + LEASE, BATCH)
        if due:
            await self._send(due, now)
        return len(due)

    async def write(self, now: datetime) -> None:
        """Ask which activities are still correct, on working days; tell on Mondays what waits."""
        async with self.service.engine.connect() as connection:
            codes = await store.municipalities(connection)
        asked = []
        for code in sorted(codes):
            if is_open(now, code) and (today := await self.activities.today(code)) is not None:
                asked += [_still_correct(code, one) for one in today.verifications]
        async with self.service.engine.begin() as connection:
            busy = await store.busy_functions(connection, MANY, now - LINK_STAYS)
            await store.add(connection, [*asked, *(_weekly(row, now) for row in busy if _is_monday(row, now))], now)

    async def _send(self, due: Sequence[Letter], now: datetime) -> None:
        async with self.service.engine.connect() as connection:
            functions, coordinators = await store.readers(connection, due)
            bounced = await store.bounced(connection, functions)
        parcels: dict[Parcel, list[Letter]] = defaultdict(list)
        nobody = []
        for letter in due:
            function = functions.get(letter.contact_id) if letter.contact_id else None
            coordinator = coordinators.get(letter.municipality)
            today = local_day(now, letter.municipality)
            refusing = bounced.get(letter.contact_id, frozenset()) if letter.contact_id else frozenset()
            if function and (own := _address_in(function, letter, refusing, today)):
                parcels[Parcel(letter.kind, own, is_own=True)].append(letter)
            elif coordinator is not None:
                address = Address(coordinator.email, coordinator.language)
                parcels[Parcel(letter.kind, address, is_own=False)].append(letter)
            else:
                nobody.append(letter.letter_id)
        tried = {parcel.mark(one): one for parcel, found in parcels.items() for one in found if one.attempts > 1}
        sent = await handed_over.among(self.service.engine, tried)
        unsent = {p: left for p, found in parcels.items() if (left := [one for one in found if one not in sent])}
        makes = [partial(self._mail, parcel, found, now) for parcel, found in unsent.items()]
        deliveries = await send_all(self.notifier, makes)
        async with self.service.engine.begin() as connection:
            await store.end(connection, nobody, "failed", now)
            await store.end(connection, [letter.letter_id for letter in sent], "sent", now)
            for (parcel, found), delivery in zip(unsent.items(), deliveries, strict=True):
                await _record(connection, parcel, found, delivery, now)
                if delivery == "sent":
                    sent += found
            marks = [parcel.mark(letter) for parcel, found in parcels.items() for letter in found if letter in sent]
            await handed_over.forget(connection, marks)

    def _mail(self, parcel: Parcel, found: Sequence[Letter], now: datetime) -> Mail:
        address, language = parcel.address, written(parcel.address.language)
        which = hashlib.sha256("/".join(sorted(str(letter.letter_id) for letter in found)).encode()).hexdigest()[:32]
        made = mail(
            self.letterhead.mail_from,
            address.to,
            encoded(content_of(self.letterhead, found, language)),
            message_id=f"<{found[0].kind}-{which}@{self.letterhead.host}>",
            now=now,
        )
        return replace(made, marks=tuple(parcel.mark(letter) for letter in found))


def _address_in(function: ContactFunction, letter: Letter, bounced: frozenset[str], today: date) -> Address | None:
    """Return where whoever is in charge, or has the place that the letter is for, reads mail; None: nowhere."""
    place = letter.about.get("place", 0)
    charge = in_charge(function, today, after=place - 1, bounced=bounced) or in_charge(function, today, bounced=bounced)
    if charge is None or charge.email is None or charge.email in bounced or function.language is None:
        return None
    return Address(charge.email, function.language)


async def _record(
    connection: Connection, parcel: Parcel, found: Sequence[Letter], delivery: Delivery | None, now: datetime
) -> None:
    """Keep what became of a mail; where a function's address refuses it, it goes to whoever is next."""
    ids, attempts = [letter.letter_id for letter in found], max(letter.attempts for letter in found)
    is_over = delivery == "refused" or (delivery == "deferred" and is_given_up(attempts))
    if delivery == "sent":
        await store.end(connection, ids, "sent", now)
    elif is_over and parcel.is_own:
        bounces = {(str(letter.contact_id), parcel.address.to) for letter in found}
        await notices.keep_bounces(connection, bounces)
        await store.tell_unreachable(connection, bounces, now)
        await store.again(connection, ids, now, attempts=0)
    elif is_over:
        await store.end(connection, ids, "failed", now)
    else:
        # What is no fault of the address counts no further than to the longest pause.
        counted = attempts if delivery == "deferred" else min(attempts, len(PAUSES))
        await store.again(connection, ids, next_attempt(attempts, now), attempts=counted)


def content_of(letterhead: Letterhead, found: Sequence[Letter], language: Written) -> Content:
    """Return what letters of one kind to one reader say."""
    texts, first = LETTERS[language], found[0]
    blocks: list[Block] = [texts["greeting"]]
    match first.kind:
        case "still_correct":
            subject = texts["still_correct"]
            blocks.append(texts["still_correct_lead"])
            for letter in found:
                last_on = date.fromisoformat(letter.about["last_on"])
                name = one_line(letter.about["name"])
                blocks.append(texts["still_correct_line"].format(name=name, day=day_in(language, last_on)))
                blocks.append(Link(texts["still_correct_button"], _verify_url(letterhead, letter, language)))
        case "weekly":
            subject = texts["weekly"].format(n=sum(len(letter.about["open"]) for letter in found))
            blocks += [texts["weekly_lead"], *_to_open(letterhead, found, texts["weekly_button"])]
        case "answered":
            subject = texts["answered"]
            blocks += [texts["answered_lead"], *_to_open(letterhead, found, texts["answered_button"])]
        case "unreachable":
            subject = texts["unreachable"].format(name=one_line(first.about["name"]))
            blocks += [texts["unreachable_lead"].format(**letter.about) for letter in found]
    return Content(language, subject, (*blocks, texts["about_us"]))


def _to_open(letterhead: Letterhead, found: Sequence[Letter], button: str) -> list[Block]:
    """Return the names and links of invitations that letters tell of."""
    inside = [(letter, one) for letter in found for one in letter.about["open"]][:LONGEST]
    return [
        block for letter, one in inside for block in (one_line(one["name"]), Link(button, _answer_url(letterhead, one)))
    ]


def _answer_url(letterhead: Letterhead, one: dict[str, Any]) -> str:
    link = answer_link(letterhead.key, UUID(one["referral_id"]), one["choice"], one["generation"])
    return letterhead.answer_url(link)


def _verify_url(letterhead: Letterhead, letter: Letter, language: Written) -> str:
    activity_id, last_on = letter.about["activity_id"], letter.about["last_on"]
    token = function_link(letterhead.key, "verify", activity_id, last_on)
    return f"{letterhead.public_url}/coordinator/verify/{language}/{activity_id}/{last_on}/{token}"


def is_open(now: datetime, municipality: str) -> bool:
    """Tell whether people are at work there now."""
    local = now.astimezone(zone_of(municipality))
    return is_working_day(local.date(), municipality[:2]) and OPENS <= local.time() < CLOSES


def _still_correct(code: str, one: EndingVerification) -> Asked:
    about = {"activity_id": str(one.activity_id), "name": one.name, "last_on": one.last_on.isoformat()}
    return Asked("still_correct", f"{one.activity_id}/{one.last_on}", code, one.contact_id, about)


def _weekly(row: Row, now: datetime) -> Asked:
    about = {"open": row.open, "place": row.place}
    return Asked("weekly", f"{row.contact_id}/{row.place}/{now.date()}", row.municipality, row.contact_id, about)


def _is_monday(row: Row, now: datetime) -> bool:
    local = now.astimezone(zone_of(row.municipality))
    return local.weekday() == MONDAY and OPENS <= local.time() < CLOSES
