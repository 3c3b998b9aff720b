from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.coordinator.domain.links import AnswerLink, answer_link
from services.coordinator.domain.notice import Address, Due, Recipient
from services.coordinator.mail import Letterhead, in_header

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
ANSWER_BY = datetime(2025, 3, 19, 22, 59, 59, tzinfo=UTC)
CONTACT = UUID(int=3)
LINK = answer_link(bytes(32), UUID(int=1), 1, "contact", 1)
LETTERHEAD = Letterhead("motesplats@mote.example", "https://motesplats.example")
MONTHLY = {"day": "wed", "from": "10:00", "to": "12:00", "every_weeks": 4, "first_on": None, "last_on": "2025-06-01"}
ABOUT: dict[str, Any] = {
    "activity_name": "Tur i Folkeparken",
    "organiser_name": "Tromsø kommune",
    "place_name": "Folkeparken",
    "address": "Conrad Holmboes veg",
    "mode": "place",
    "sessions": [
        {"day": "wed", "from": "10:00", "to": "12:00", "every_weeks": 1, "first_on": None, "last_on": None},
        {"day": "fri", "from": "18:00", "to": "19:30", "every_weeks": 2, "first_on": "2025-04-04", "last_on": None},
    ],
}


def raw(
    language: str = "nb", email: str = "tur@mote.example", contact_id: UUID | None = CONTACT, **about: object
) -> bytes:
    address = Address(email, language)  # type: ignore[arg-type]  # a code
    due = Due(UUID(int=1), 1, "NO-5501", contact_id, ABOUT | about, 1, NOW, 1, True, address, None)
    return LETTERHEAD.notice(due, Recipient(address, contact_id), LINK, ANSWER_BY, NOW).text


def read(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, _class=EmailMessage, policy=policy.SMTP)


def text(mail: bytes) -> str:
    return str(read(mail).get_content()).replace("\r\n", "\n")


def test_a_notice_reads_back_as_it_was_meant() -> None:
    mail = read(raw())
    assert mail["From"].addresses[0].display_name == "Mötesplats"
    assert mail["From"].addresses[0].addr_spec == "motesplats@mote.example"
    assert mail["To"].addresses[0].addr_spec == "tur@mote.example"
    assert mail["Subject"] == "Noen vil komme til Tur i Folkeparken"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == LINK.message_id("mote.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "nb"
    assert not mail.defects
    assert all(not value.defects for value in mail.values())


def test_a_notice_says_what_where_when_and_how_to_answer() -> None:
    told = text(raw())
    assert "Tur i Folkeparken (Tromsø kommune)" in told
    assert "Folkeparken, Conrad Holmboes veg" in told
    assert "- onsdag 10:00-12:00\n" in told
    assert "- fredag 18:00-19:30, annenhver uke, fra fredag 4. april 2025\n" in told
    assert f"\nhttps://motesplats.example/coordinator/answer/{LINK.token}\n" in told
    assert "Svar senest onsdag 19. mars 2025." in told


@pytest.mark.parametrize(
    ("language", "written_in", "greeting"),
    [("sv", "sv", "Hej!"), ("nb", "nb", "Hei!"), ("en", "en", "Hello!"), ("nn", "nb", "Hei!"), ("se", "nb", "Hei!")],
)
def test_a_notice_is_written_in_the_language_of_its_reader(language: str, written_in: str, greeting: str) -> None:
    mail = raw(language)
    assert text(mail).startswith(greeting)
    assert read(mail)["Content-Language"] == written_in


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_the_coordinator_hears_why_the_notice_came_to_them(language: str) -> None:
    assert text(raw(language)) != text(raw(language, contact_id=None))


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"mode": "online", "place_name": None, "address": None}, "Sted: på nett"),
        ({"mode": "home", "place_name": None, "address": None}, "Sted: hjemme hos den som deltar"),
        ({"address": ""}, "Sted: Folkeparken\n"),
        ({"sessions": []}, "- etter avtale"),
        ({"sessions": [MONTHLY]}, "onsdag 10:00-12:00, hver 4. uke, til og med søndag 1. juni 2025"),
    ],
)
def test_where_and_when_are_said_in_words(about: dict[str, Any], expected: str) -> None:
    assert expected in text(raw(**about))


def test_an_address_with_a_host_of_other_letters_is_written_as_mail_servers_know_it() -> None:
    assert read(raw(email="tur@møte.example"))["To"] == "tur@xn--mte-0na.example"


@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120))
def test_any_name_of_an_activity_survives_the_mail(name: str) -> None:
    mail = read(raw("en", activity_name=name))
    kept = " ".join(name.split())
    assert mail["Subject"] == f"Someone would like to come to {kept}"
    assert f"come to {kept} (Tromsø kommune)" in str(mail.get_content())


@pytest.mark.parametrize("name", ["Tur\r\nBcc: all@mote.example", "Tur\n\n.\nQUIT", "=?utf-8?q?x?=", "é" * 200])
def test_no_name_makes_a_header_or_a_command(name: str) -> None:
    mail = raw(activity_name=name)
    assert read(mail)["Bcc"] is None
    assert set(read(mail).keys()) == set(read(raw()).keys())
    assert read(mail)["Subject"] == f"Noen vil komme til {' '.join(name.split())}"
    assert b"\r\n.\r\n" not in mail
    assert all(len(line) <= 78 for line in mail.split(b"\r\n"))


def test_lines_end_as_mail_wants_it() -> None:
    mail = raw()
    assert mail.endswith(b"\r\n")
    assert b"\n" not in mail.replace(b"\r\n", b"")
    assert mail.isascii()


def test_a_short_plain_header_stays_readable() -> None:
    assert in_header("Someone would like to come") == "Someone would like to come"


def test_the_same_link_has_the_same_message_id_and_another_link_another() -> None:
    other = AnswerLink("other")
    assert LINK.message_id("mote.example") != other.message_id("mote.example")
