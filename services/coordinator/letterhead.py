"""What each notice says and to where its link leads, in its reader's language. Never anything about the participant."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from services.coordinator.domain.invitation import NoticeKind
from services.coordinator.domain.links import DIGEST, HASH_OCTETS_SHOWN, AnswerLink, function_link
from services.coordinator.domain.notice import Due, Recipient
from services.coordinator.domain.working_days import zone_of
from services.coordinator.mail import Block, Content, Encoded, Lines, Link, Mail, encoded, mail
from services.coordinator.notice_texts import NOTICE
from services.coordinator.session_calendar import next_session_calendar
from services.coordinator.sms import Sms
from services.coordinator.words import Written, one_line, place_in, times_in, written
from services.dates import day_in
from services.runtime.webhook import Hook

KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all notices share: who sends them, and where their links lead."""

    mail_from: str
    public_url: str
    key: bytes
    """Makes the links by which a function asks for fewer mails."""

    @property
    def host(self) -> str:
        """What every Message-ID ends with."""
        return self.mail_from.rpartition("@")[2]

    def notice(self, due: Due, recipient: Recipient, link: AnswerLink, now: datetime) -> Mail:
        """Return a notice of an invitation."""
        content = _notice(
            _Occasion(
                due.about,
                due.notice,
                written(recipient.address.language),
                due.municipality,
                due.today(now),
                due.answer_is_due(now),
                is_contact=recipient.contact_id is not None,
            )
        )
        return mail(
            self.mail_from,
            recipient.address.to,
            content,
            message_id=f"<{notice_name(due, recipient, link)}@{self.host}>",
            follows="" if due.notice == "invitation" else link.message_id(self.host),
            now=now,
            url=self.answer_url(link),
            unsubscribe=self._fewer_url(due, written(recipient.address.language)),
        )

    def digest(self, inside: Sequence[tuple[Due, AnswerLink]], recipient: Recipient, now: datetime) -> Mail:
        """Return one mail with many notices, each with its own link."""
        language = written(recipient.address.language)
        texts = NOTICE[language]
        blocks: list[Block] = [texts["greeting"], texts["many"]]
        for due, link in inside:
            blocks.append(texts["subject"][due.notice].format(activity=_activity(due)["activity"]))
            if due.notice != "withdrawn":
                blocks.append(Link(texts["button"], self.answer_url(link)))
        why = texts["contact"] if recipient.contact_id else texts["coordinator"]
        blocks += [f"{why} {texts['yours']}", texts["about_us"]]
        return mail(
            self.mail_from,
            recipient.address.to,
            encoded(Content(language, texts["digest"].format(n=len(inside)), tuple(blocks))),
            message_id=f"<{_name(inside, recipient)}@{self.host}>",
            now=now,
            unsubscribe=self._fewer_url(inside[0][0], language),
        )

    def sms(self, inside: Sequence[tuple[Due, AnswerLink]], recipient: Recipient) -> Sms:
        """Return a short message with the notices, each with its link."""
        texts = NOTICE[written(recipient.address.language)]
        lines = []
        for due, link in inside:
            said = texts["subject"][due.notice].format(activity=_activity(due)["activity"])
            lines.append(said if due.notice == "withdrawn" else f"{said}. {self.answer_url(link)}")
        return Sms(recipient.address.to, "\n".join(lines))

    def hook(
        self, inside: Sequence[tuple[Due, AnswerLink]], recipient: Recipient, secret: bytes, now: datetime
    ) -> Hook:
        """Return the signed call of a webhook with the notices."""
        told = [
            {
                "notice": due.notice,
                **_activity(due),
                "answer_by": due.answer_is_due(now).isoformat(),
                "answer_url": None if due.notice == "withdrawn" else self.answer_url(link),
            }
            for due, link in inside
        ]
        content = {"type": "notices", "timestamp": now.isoformat(), "data": {"notices": told}}
        return Hook(recipient.address.to, _name(inside, recipient), secret, now, content)

    def _fewer_url(self, due: Due, language: Written) -> str:
        token = function_link(self.key, "fewer", due.function)
        return f"{self.public_url}/coordinator/fewer/{language}/{due.function}/{token}"

    def answer_url(self, link: AnswerLink) -> str:
        """Return where a link leads."""
        return f"{self.public_url}/coordinator/answer/{link.token}"


def notice_name(due: Due, recipient: Recipient, link: AnswerLink) -> str:
    """Return what a notice to this recipient is known by: the same however often it is sent."""
    return f"{due.notice}{recipient.place or ''}-{link.hash[:HASH_OCTETS_SHOWN].hex()}"


def _name(inside: Sequence[tuple[Due, AnswerLink]], recipient: Recipient) -> str:
    """Return what a message is known by: the same for the same notice, or digest, however often it is sent."""
    due, link = inside[0]
    if len(inside) == 1:
        return notice_name(due, recipient, link)
    which = f"{due.function}/{recipient.address.to}/{due.bundle_at}"
    one_of_them = min(link.hash for _, link in inside)[:HASH_OCTETS_SHOWN].hex()
    return f"{DIGEST}-{hashlib.sha256(which.encode()).hexdigest()[:32]}-{one_of_them}"


def _activity(due: Due) -> dict[str, str]:
    told = json.loads(due.about)
    return {"activity": one_line(told["activity_name"]), "organiser": one_line(told["organiser_name"])}


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What notices that are alike but for their link have in common."""

    about: str
    notice: NoticeKind
    language: Written
    municipality: str
    today: date
    answer_by: datetime
    is_contact: bool


@lru_cache(maxsize=KEPT)
def _notice(on: _Occasion) -> Encoded:
    """Return the notice but for its link; made once for all that are asked the same on a day."""
    told, texts, zone = json.loads(on.about), NOTICE[on.language], zone_of(on.municipality)
    names = {"activity": one_line(told["activity_name"]), "organiser": one_line(told["organiser_name"])}
    where = f"{texts['place'].format(place=place_in(on.language, told))}\n{texts['times']}"
    by = texts["by"].format(day=day_in(on.language, on.answer_by.astimezone(zone).date()))
    why = texts["contact"] if on.is_contact else texts["coordinator"]
    lead: tuple[Block, ...] = (texts["greeting"], texts["lead"][on.notice].format(**names))
    asked: tuple[Block, ...] = (
        Lines(where, tuple(times_in(on.language, told))),
        texts["ask"],
        Link(texts["button"]),
        by,
        f"{why} {texts['yours']}",
    )
    is_over = on.notice == "withdrawn"
    return encoded(
        Content(
            on.language,
            texts["subject"][on.notice].format(**names),
            (*lead, *((why,) if is_over else asked), texts["about_us"]),
            None if is_over else next_session_calendar(told, on.language, on.today, zone),
        )
    )
