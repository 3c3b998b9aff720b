"""How a notice becomes a mail (RFC 5322): text and HTML, and the next session for a calendar. Never its words.

Put together by hand, since the standard library's EmailMessage takes twenty times as long; a test reads every
notice back with the standard library's parser.
"""

from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import Final

from email_validator import validate_email

from services.coordinator.words import Written

LONGEST_PLAIN: Final = 60
CHARACTERS_A_WORD: Final = 11
"""Of an encoded word, so that it keeps to 75 octets whatever the characters."""
OCTETS_A_PIECE: Final = 60
"""Of an address, so that a line keeps to 76 octets with what stands around it."""
THE_LINK: Final = "\x00"
"""Where an address goes that is filled in later; no text of the catalogue holds it, since PostgreSQL's JSON cannot."""
BEHIND: Final = ".example"
"""Behind it no name is one of those that the library refuses and the contract does not, such as `.local`."""
_QUOTED_LINK: Final = b"=00"
_MIXED, _ALTERNATIVE = "=_motesplats_mixed", "=_motesplats_alternative"
"""What divides the parts: nothing that is encoded holds `=_`."""
_PAGE = "font-family:sans-serif;font-size:16px;line-height:1.5;color:#1e2b3c;max-width:36em"
_BUTTON = "display:inline-block;padding:12px 18px;border-radius:4px;background:#0062ba;color:#fff"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address; its lines end with CRLF, the last one too."""

    to: str
    text: bytes
    marks: tuple[bytes, ...] = ()
    """Of each thing that it tells: by which it is known later that this was handed over."""


@dataclass(frozen=True, slots=True)
class Link:
    """What the reader can open; the label is its button."""

    label: str
    url: str = THE_LINK


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines under a head."""

    head: str
    lines: tuple[str, ...]


Block = str | Link | Lines
"""A part of what is said; a text is a paragraph."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a mail says, with the next session as a calendar where there is one."""

    language: Written
    subject: str
    blocks: tuple[Block, ...]
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A subject and a body as they are sent, but for the addresses that go between the body's pieces."""

    language: Written
    subject: str
    pieces: tuple[bytes, ...]


def encoded(content: Content) -> Encoded:
    """Return the content as a mail has it."""
    text = "\n\n".join(_as_text(block) for block in content.blocks) + "\n"
    body = _multipart("alternative", _ALTERNATIVE, (_part("text/plain", text), _part("text/html", _html(content))))
    if content.calendar is not None:
        attached = _part(
            "text/calendar",
            content.calendar,
            "; method=PUBLISH",
            'Content-Disposition: attachment; filename="motesplats.ics"\r\n',
        )
        body = _multipart("mixed", _MIXED, (body, attached))
    return Encoded(content.language, in_header(content.subject), tuple(body.split(_QUOTED_LINK)))


def mail(
    mail_from: str,
    address: str,
    content: Encoded,
    *,
    message_id: str,
    now: datetime,
    url: str = "",
    follows: str = "",
    unsubscribe: str = "",
) -> Mail:
    """Return the mail; `follows` is the Message-ID of what it follows on, `unsubscribe` where one asks for fewer."""
    to = deliverable(address)
    fewer = (
        f"List-Unsubscribe: <{unsubscribe}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        if unsubscribe
        else ""
    )
    thread = f"References: {follows}\r\n" if follows else ""
    head = (
        f"From: {in_header('Mötesplats')} <{mail_from}>\r\n"
        f"To: <{to}>\r\n"
        f"Subject: {content.subject}\r\n"
        f"Date: {format_datetime(now)}\r\n"
        f"Message-ID: {message_id}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        f"{thread}{fewer}"
        f"Content-Language: {content.language}\r\n"
        "MIME-Version: 1.0\r\n"
    )
    return Mail(to, head.encode() + _quoted_url(url).join(content.pieces))


def _as_text(block: Block) -> str:
    match block:
        case Link(url=url):
            return url
        case Lines(head=head, lines=lines):
            return "\n".join((head, *(f"- {line}" for line in lines)))
        case str():
            return block


def _html(content: Content) -> str:
    body = "\n".join(_as_html(block) for block in content.blocks)
    return (
        f'<!doctype html>\n<html lang="{content.language}">\n<head><meta charset="utf-8">\n'
        f'<title>{escape(content.subject)}</title></head>\n<body style="{_PAGE}">\n{body}\n</body>\n</html>\n'
    )


def _as_html(block: Block) -> str:
    match block:
        case Link(label=label, url=url):
            return f'<p><a style="{_BUTTON}"\nhref="{escape(url)}"\n>{escape(label)}</a></p>'
        case Lines(head=head, lines=lines):
            items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
            return f"<p>{'<br>'.join(escape(head).splitlines())}</p>\n<ul>\n{items}</ul>"
        case str():
            return f"<p>{escape(block)}</p>"


def _multipart(kind: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    divider = f"--{boundary}".encode()
    inner = b"".join(divider + b"\r\n" + part for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + inner + divider + b"--\r\n"


def _part(kind: str, text: str, more: str = "", disposition: str = "") -> bytes:
    head = (
        f"Content-Type: {kind}; charset=utf-8{more}\r\n{disposition}Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    lines = text if "\r\n" in text else text.replace("\n", "\r\n")
    return head.encode() + b2a_qp(lines.encode())


def _quoted_url(url: str) -> bytes:
    octets = url.encode()
    pieces = (octets[at : at + OCTETS_A_PIECE] for at in range(0, len(octets), OCTETS_A_PIECE))
    return b"=\r\n".join(b2a_qp(piece) for piece in pieces)


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
    known = validate_email(address + BEHIND, check_deliverability=False)
    return f"{known.local_part}@{known.ascii_domain.removesuffix(BEHIND)}"
