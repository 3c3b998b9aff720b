import json
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from schemas.fields import Email
from services.coordinator.domain.invitation import NoticeKind
from services.coordinator.domain.links import AnswerLink, answer_link
from services.coordinator.domain.notice import Address, Due, Recipient
from services.coordinator.domain.sessions import next_session
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.letterhead import Letterhead
from services.coordinator.mail import in_header

NOW = datetime(2025, 3, 12, 12, tzinfo=UTC)
ANSWER_BY = datetime(2025, 3, 19, 22, 59, 59, tzinfo=UTC)
CONTACT = UUID(int=3)
LINK = answer_link(bytes(32), UUID(int=1), 1, 1)
LETTERHEAD = Letterhead("motesplats@mote.example", "https://motesplats.example", bytes(32))
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
    language: str = "nb",
    email: str = "tur@mote.example",
    contact_id: UUID | None = CONTACT,
    notice: NoticeKind = "invitation",
    **about: object,
) -> bytes:
    address = Address(email, language)  # type: ignore[arg-type]  # a code
    due = Due(
        referral_id=UUID(int=1),
        choice=1,
        municipality="NO-5501",
        contact_id=contact_id,
        about=json.dumps(ABOUT | about),
        notice=notice,
        place=0,
        generation=1,
        due_at=NOW,
        waiting_since=NOW,
        answer_by=ANSWER_BY,
        attempts=1,
        contact=None,
        coordinator=address,
        answer_time=AnswerTime(5),
    )
    return LETTERHEAD.notice(due, Recipient(address, contact_id), LINK, NOW).text


def read(mail: bytes) -> EmailMessage:
    return message_from_bytes(mail, _class=EmailMessage, policy=policy.SMTP)


def part(mail: bytes, kind: str) -> str:
    (found,) = [one for one in read(mail).walk() if one.get_content_type() == kind]
    return str(found.get_content()).replace("\r\n", "\n")  # type: ignore[attr-defined]  # made as an EmailMessage


def text(mail: bytes) -> str:
    return part(mail, "text/plain")


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


@pytest.mark.parametrize("address", ["a@kommun.local", "a@b.test", "a+b@x.invalid", "a@min.onion", "a@Host.Example"])
def test_every_address_that_the_contract_takes_can_be_written_to(address: str) -> None:
    TypeAdapter(Email).validate_python(address)
    assert read(raw(email=address))["To"].lower() == address.lower()


@settings(deadline=None)  # a machine may be busy with something else
@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120))
def test_any_name_of_an_activity_survives_the_mail(name: str) -> None:
    mail = read(raw("en", activity_name=name))
    kept = " ".join(name.split())
    assert mail["Subject"] == f"Someone would like to come to {kept}"
    assert f"come to {kept} (Tromsø kommune)" in text(raw("en", activity_name=name))


@pytest.mark.parametrize("name", ["Tur\r\nBcc: all@mote.example", "Tur\n\n.\nQUIT", "=?utf-8?q?x?=", "é" * 200])
def test_no_name_makes_a_header_or_a_command(name: str) -> None:
    mail = raw(activity_name=name)
    assert read(mail)["Bcc"] is None
    assert set(read(mail).keys()) == set(read(raw()).keys())
    assert read(mail)["Subject"] == f"Noen vil komme til {' '.join(name.split())}"
    assert b"\r\n.\r\n" not in mail
    lines = [line for line in mail.split(b"\r\n") if not line.startswith(b"List-Unsubscribe:")]  # cannot be folded
    assert all(len(line) <= 78 for line in lines)


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


NOTICES = ("invitation", "reminder", "deputy", "handover", "withdrawn")


@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_each_notice_says_the_same_as_text_and_as_html(language: str, notice: NoticeKind) -> None:
    mail = raw(language, notice=notice)
    html = part(mail, "text/html")
    assert f'<html lang="{language}">' in html
    for line in text(mail).splitlines():
        assert line.removeprefix("- ") in html
    assert not read(mail).defects


def test_notices_of_one_invitation_have_one_link_and_each_a_message_id_of_its_own() -> None:
    mails = [raw(notice=notice) for notice in NOTICES]
    assert len({read(mail)["Message-ID"] for mail in mails}) == len(NOTICES)
    assert [f"/coordinator/answer/{LINK.token}" in text(mail) for mail in mails] == [True, True, True, True, False]


def test_html_shows_what_the_catalogue_says_and_runs_none_of_it() -> None:
    html = part(raw(activity_name="<script>alert(1)</script>"), "text/html")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_next_session_can_be_put_into_a_calendar() -> None:
    mail = raw(address="Conrad Holmboes veg 12, 9010 Tromsø; ved den store parkeringsplassen, bak kirken")
    (attached,) = [one for one in read(mail).walk() if one.get_content_type() == "text/calendar"]
    assert attached.get_filename() == "motesplats.ics"
    calendar = part(mail, "text/calendar").replace("\n ", "")
    assert "DTSTART:20250319T090000Z\n" in calendar  # today's is too near, and Friday's begins in April
    assert "SUMMARY:Tur i Folkeparken\n" in calendar
    assert "LOCATION:Folkeparken\\, Conrad Holmboes veg 12\\, 9010 Tromsø\\; ved" in calendar


@pytest.mark.parametrize("about", [{"sessions": []}, {"sessions": [MONTHLY]}])
def test_without_a_session_that_can_be_known_there_is_no_calendar(about: dict[str, Any]) -> None:
    assert "text/calendar" not in {one.get_content_type() for one in read(raw(**about)).walk()}


@pytest.mark.parametrize(
    ("session", "today", "expected"),
    [
        ({}, "2025-03-11", "2025-03-12"),
        ({}, "2025-03-12", "2025-03-19"),
        ({"first_on": "2025-04-01"}, "2025-03-12", "2025-04-02"),
        ({"every_weeks": 2, "first_on": "2025-03-05"}, "2025-03-11", "2025-03-19"),
        ({"every_weeks": 2, "first_on": "2025-03-05"}, "2025-03-18", "2025-03-19"),
        ({"last_on": "2025-03-12"}, "2025-03-12", None),
        ({"every_weeks": 2}, "2025-03-11", None),
        ({"first_on": "9999-12-31"}, "2025-03-11", None),
        ({"every_weeks": 10**9, "first_on": "2025-03-05"}, "2025-03-11", None),
    ],
    ids=[
        *("tomorrow", "a week after today's", "not begun", "fortnightly", "fortnightly, tomorrow", "over", "unknown"),
        *("no day of the calendar", "not before its end"),
    ],
)
def test_when_an_activity_meets_next(session: dict[str, Any], today: str, expected: str | None) -> None:
    weekly = ABOUT["sessions"][0] | session
    found = next_session([weekly], date.fromisoformat(today))
    assert (found and found[0].isoformat()) == (expected and f"{expected}T10:00:00")
