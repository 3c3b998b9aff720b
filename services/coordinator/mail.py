"""What a notice says, as the text of a mail (RFC 5322). Never anything about the participant.

Put together by hand, since the standard library's EmailMessage takes twenty times as long; a test reads every
notice back with the standard library's parser.
"""

from base64 import b64encode
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final, TypedDict

from email_validator import validate_email

from services.coordinator.domain.links import AnswerLink
from services.coordinator.domain.notice import Due, Recipient
from services.coordinator.domain.working_days import zone_of
from services.coordinator.words import Written, day_in, one_line, place_in, times_in, written

LONGEST_PLAIN: Final = 60
CHARACTERS_A_WORD: Final = 11
"""Of an encoded word, so that it keeps to 75 octets whatever the characters."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address; its lines end with CRLF, the last one too."""

    to: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all notices share: who sends them, and where their links lead."""

    mail_from: str
    public_url: str

    def notice(self, due: Due, recipient: Recipient, link: AnswerLink, answer_by: datetime, now: datetime) -> Mail:
        """Return the notice of an invitation, in the recipient's language."""
        language = written(recipient.address.language)
        texts = NOTICE[language]
        name, to = one_line(due.about["activity_name"]), deliverable(recipient.address.email)
        body = texts["body"].format(
            activity=name,
            organiser=one_line(due.about["organiser_name"]),
            place=place_in(language, due.about),
            times="\n".join(f"- {time}" for time in times_in(language, due.about)),
            link=f"{self.public_url}/coordinator/answer/{link.token}",
            day=day_in(language, answer_by.astimezone(zone_of(due.municipality)).date()),
            why=texts["contact"] if recipient.contact_id else texts["coordinator"],
        )
        head = (
            f"From: {in_header('Mötesplats')} <{self.mail_from}>\r\n"
            f"To: <{to}>\r\n"
            f"Subject: {in_header(texts['subject'].format(activity=name))}\r\n"
            f"Date: {format_datetime(now)}\r\n"
            f"Message-ID: {link.message_id(self.mail_from.rpartition('@')[2])}\r\n"
            "Auto-Submitted: auto-generated\r\n"
            f"Content-Language: {language}\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        return Mail(to, head.encode() + b2a_qp(body.replace("\n", "\r\n").encode()))


@lru_cache(maxsize=4096)
def in_header(text: str) -> str:
    """Return a text as a header takes it: encoded words (RFC 2047), folded, unless it is short and plain."""
    if len(text) <= LONGEST_PLAIN and text.isascii() and text.isprintable() and "=?" not in text:
        return text
    pieces = (text[at : at + CHARACTERS_A_WORD] for at in range(0, len(text), CHARACTERS_A_WORD))
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece.encode()).decode()}?=" for piece in pieces)


@lru_cache(maxsize=4096)
def deliverable(address: str) -> str:
    """Return an address as mail servers know it: a host name of other letters than English in its ASCII form."""
    known = validate_email(address, check_deliverability=False, globally_deliverable=False)
    return f"{known.local_part}@{known.ascii_domain}"


class Notice(TypedDict):
    """The texts of a notice in one language."""

    subject: str
    body: str
    contact: str
    coordinator: str


NOTICE: Final[dict[Written, Notice]] = {
    "sv": {
        "subject": "Någon vill komma till {activity}",
        "body": """\
Hej!

Någon vill gärna komma till {activity} ({organiser}). En plats är reserverad.

Plats: {place}
Tid:
{times}

Kan ni ta emot? Svara på sidan här. Ingen inloggning behövs.

{link}

Svara senast {day}. Hör vi inget, så frågar vi någon annanstans, och platsen blir fri igen.

{why} Länken är bara till för er: skicka den inte vidare utanför verksamheten.

Mötesplats hjälper människor att hitta något att göra nära hemmet.
Mejlet är skickat automatiskt och kan inte besvaras.
""",
        "contact": "Ni får mejlet för att ni är kontakt för aktiviteten.",
        "coordinator": "Ni får mejlet som kommunens samordnare, för aktiviteten har ingen kontakt som nås med e-post.",
    },
    "nb": {
        "subject": "Noen vil komme til {activity}",
        "body": """\
Hei!

Noen vil gjerne komme til {activity} ({organiser}). En plass er holdt av.

Sted: {place}
Tid:
{times}

Kan dere ta imot? Svar på siden her. Dere trenger ikke å logge inn.

{link}

Svar senest {day}. Hører vi ikke noe, spør vi et annet sted, og plassen blir ledig igjen.

{why} Lenken er bare til dere: ikke send den videre ut av virksomheten.

Mötesplats hjelper folk å finne noe å gjøre nær hjemmet.
E-posten er sendt automatisk og kan ikke besvares.
""",
        "contact": "Dere får e-posten fordi dere er kontakt for aktiviteten.",
        "coordinator": (
            "Dere får e-posten som kommunens koordinator, fordi aktiviteten ikke har noen kontakt som nås på e-post."
        ),
    },
    "en": {
        "subject": "Someone would like to come to {activity}",
        "body": """\
Hello!

Someone would like to come to {activity} ({organiser}). A seat is reserved.

Place: {place}
Time:
{times}

Can you welcome them? Answer on this page. There is nothing to sign in to.

{link}

Please answer by {day}. If we hear nothing we ask elsewhere, and the seat is free again.

{why} The link is for you only: please do not pass it on outside your organisation.

Mötesplats helps people find something to do near home.
This mail was sent automatically and cannot be answered.
""",
        "contact": "You get this mail because you are the contact for the activity.",
        "coordinator": (
            "You get this mail as the municipality's coordinator, because the activity has no contact that reads mail."
        ),
    },
}
