"""Notices that are no notices: how one looks, and a trial that tells whether a function is reached. Never a seat."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID

from services.coordinator.domain.contact_function import ContactFunction
from services.coordinator.domain.invitation import NoticeKind
from services.coordinator.domain.links import answer_link
from services.coordinator.domain.notice import Address, Due, Recipient
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.letter_texts import LETTERS
from services.coordinator.letterhead import Letterhead
from services.coordinator.letters import content_of
from services.coordinator.mail import Content, Mail, encoded, mail
from services.coordinator.notifier import Message
from services.coordinator.sms import Sms
from services.coordinator.store.letters import Letter, LetterKind
from services.coordinator.words import Written, one_line, written
from services.runtime.webhook import Hook, secret_of

NOBODY = UUID(int=0)
NO_KEY = bytes(32)
ABOUT = {
    "activity_name": "Nordlys",
    "organiser_name": "Mötesplats",
    "place_name": "Mötesplats",
    "address": "",
    "mode": "place",
    "sessions": [{"day": "mon", "from": "10:00", "to": "12:00", "every_weeks": 1, "first_on": None, "last_on": None}],
}


def an_example(
    letterhead: Letterhead, municipality: str, notice: NoticeKind | LetterKind, language: Written, now: datetime
) -> dict[str, str]:
    """Return `subject`, `text` and `html` of a notice, of an activity that there is not; its link opens nothing."""
    match notice:
        case "still_correct" | "weekly" | "answered" | "unreachable":
            made = _letter(letterhead, municipality, notice, language, now)
        case _:
            made = _notice(letterhead, municipality, notice, language, now)
    read = message_from_bytes(made.text, _class=EmailMessage, policy=policy.default)
    plain, html = read.get_body(("plain",)), read.get_body(("html",))
    assert plain is not None  # noqa: S101 - every mail of ours has both
    assert html is not None  # noqa: S101 - as above
    return {"subject": str(read["Subject"]), "text": plain.get_content(), "html": html.get_content()}


def _letter(letterhead: Letterhead, municipality: str, kind: LetterKind, language: Written, now: datetime) -> Mail:
    """Return a letter about nothing; its links open nothing."""
    opens = {"referral_id": str(NOBODY), "choice": 1, "generation": 0, "name": ABOUT["activity_name"]}
    activity = {"activity_id": str(NOBODY), "name": ABOUT["activity_name"], "last_on": now.date().isoformat()}
    about = {**activity, "open": [opens], "address": letterhead.mail_from}
    content = content_of(
        replace(letterhead, key=NO_KEY), [Letter(NOBODY, kind, NOBODY, municipality, about, now, 1)], language
    )
    return mail(letterhead.mail_from, letterhead.mail_from, encoded(content), message_id="<example>", now=now)


def _notice(letterhead: Letterhead, municipality: str, notice: NoticeKind, language: Written, now: datetime) -> Mail:
    address = Address(letterhead.mail_from, language)
    due = Due(
        referral_id=NOBODY,
        choice=1,
        municipality=municipality,
        contact_id=NOBODY,
        about=json.dumps(ABOUT),
        notice=notice,
        place=0,
        generation=1,
        due_at=now,
        waiting_since=now,
        answer_by=now + timedelta(days=7),
        attempts=1,
        contact=None,
        coordinator=None,
        answer_time=AnswerTime(5),
    )
    link = answer_link(NO_KEY, NOBODY, 1, 1)
    return letterhead.notice(due, Recipient(address, NOBODY), link, now)


def trial_message(letterhead: Letterhead, address: Address, function: ContactFunction, now: datetime) -> Message:
    """Return a message that says that notices reach its reader."""
    language, which = written(address.language), f"trial-{function.contact_id}-{now.timestamp():.0f}"
    texts = LETTERS[language]
    said = texts["trial_lead"].format(name=one_line(function.name or ""))
    match address.channel:
        case "email":
            content = Content(language, texts["trial"], (texts["greeting"], said, texts["about_us"]))
            message_id = f"<{which}@{letterhead.host}>"
            return mail(letterhead.mail_from, address.to, encoded(content), message_id=message_id, now=now)
        case "sms":
            return Sms(address.to, said)
        case "webhook":
            secret = secret_of(letterhead.key, str(function.contact_id), address.to)
            content_of_hook = {"type": "trial", "timestamp": now.isoformat(), "data": {}}
            return Hook(address.to, which, secret, now, content_of_hook)
