import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from services.runtime.embedded.mail import LARGEST, MailCatcher
from services.runtime.embedded.mail_page import mail_page


@pytest.fixture
async def catcher() -> AsyncIterator[MailCatcher]:
    async with MailCatcher() as catcher:
        yield catcher


@pytest.fixture
async def reader(catcher: MailCatcher) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Mount("/mail", mail_page(catcher))])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


def a_mail(*, subject: str = "Hei på deg", text: str = "Kjære Åse", to: str = "ase@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "motesplats@example.org"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<1@example.org>"
    message.set_content(text)
    return message


async def send(catcher: MailCatcher, message: EmailMessage) -> None:
    await aiosmtplib.send(message, hostname=catcher.host, port=catcher.port)


async def test_a_mail_sent_can_be_read_as_it_was_written(catcher: MailCatcher) -> None:
    await send(catcher, a_mail())
    mail = await catcher.next_mail()
    assert (mail.to, mail.subject, mail.message_id) == (("ase@example.org",), "Hei på deg", "<1@example.org>")
    assert mail.text == "Kjære Åse\n"
    assert b"Message-ID: <1@example.org>" in mail.raw


async def test_an_address_with_other_letters_than_english_gets_its_mail(catcher: MailCatcher) -> None:
    await send(catcher, a_mail(to="åse@exämple.org"))
    assert (await catcher.next_mail()).to == ("åse@exämple.org",)


async def test_who_waits_for_a_mail_hears_when_it_arrives_and_not_of_others(catcher: MailCatcher) -> None:
    waiting = asyncio.create_task(catcher.next_mail(lambda mail: mail.subject == "wanted"))
    await send(catcher, a_mail(subject="other"))
    await send(catcher, a_mail(subject="wanted"))
    assert (await waiting).number == 2


async def test_who_follows_sees_every_mail_once_in_order(catcher: MailCatcher) -> None:
    await send(catcher, a_mail(subject="1"))
    seen: list[str] = []

    async def follow() -> None:
        async for mail in catcher.mails():
            seen.append(mail.subject)
            if len(seen) == 3:
                return

    following = asyncio.create_task(follow())
    await send(catcher, a_mail(subject="2"))
    await send(catcher, a_mail(subject="3"))
    await following
    assert seen == ["1", "2", "3"]


async def test_a_mail_over_the_size_limit_is_refused_and_the_next_one_taken(catcher: MailCatcher) -> None:
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await send(catcher, a_mail(text="x\n" * LARGEST))
    assert refused.value.code == 552
    await send(catcher, a_mail(subject="small"))
    assert [mail.subject for mail in catcher.messages] == ["small"]


async def test_a_catcher_that_starts_again_listens_at_the_same_port_and_has_its_mails(catcher: MailCatcher) -> None:
    await send(catcher, a_mail(subject="before"))
    await catcher.stop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(catcher, a_mail(subject="while away"))
    await catcher.start()
    await send(catcher, a_mail(subject="after"))
    assert [mail.subject for mail in catcher.messages] == ["before", "after"]


async def test_a_catcher_that_stops_hangs_up_on_who_is_connected(catcher: MailCatcher) -> None:
    sender = aiosmtplib.SMTP(hostname=catcher.host, port=catcher.port)
    await sender.connect()
    await catcher.stop()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await sender.noop()
    sender.close()


async def test_only_the_last_mails_are_kept_and_all_are_counted() -> None:
    async with MailCatcher(keep=2) as catcher:
        for subject in ("1", "2", "3"):
            await send(catcher, a_mail(subject=subject))
        assert [mail.subject for mail in catcher.messages] == ["2", "3"]
        assert catcher.received == 3
        assert catcher.mail(1) is None
        assert (await catcher.next_mail(after=2)).subject == "3"


async def test_the_page_lists_the_newest_mail_first_and_shows_one(
    catcher: MailCatcher, reader: httpx.AsyncClient
) -> None:
    await send(catcher, a_mail(subject="first"))
    await send(catcher, a_mail(subject="second"))
    listed = (await reader.get("/mail/")).text
    assert listed.index("second") < listed.index("first")
    shown = await reader.get("/mail/1")
    assert "Kjære Åse" in shown.text
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await reader.get("/mail/mail.css")).headers["content-type"].startswith("text/css")
    assert (await reader.get("/mail/3")).status_code == 404


async def test_what_a_mail_holds_is_shown_as_text_never_as_a_page(
    catcher: MailCatcher, reader: httpx.AsyncClient
) -> None:
    await send(catcher, a_mail(subject="<script>a</script>", text="<script>b</script>"))
    for page in ("/mail/", "/mail/1"):
        assert "<script" not in (await reader.get(page)).text
    assert "&lt;script&gt;b" in (await reader.get("/mail/1")).text


async def test_only_links_to_our_own_host_can_be_followed(catcher: MailCatcher, reader: httpx.AsyncClient) -> None:
    own, other = "http://127.0.0.1:8000/answer/a-b_c?x=1&y=2", "http://127.0.0.1:8000.example.org/answer"
    await send(catcher, a_mail(text=f"Svar ({own}), ikke {other}."))
    page = (await reader.get("/mail/1")).text
    assert f'(<a href="{own.replace("&", "&amp;")}">' in page
    assert page.count("<a href=") == 2  # back to the list, and the answer
    assert other in page


async def test_a_mail_that_cannot_be_read_is_shown_as_it_came(catcher: MailCatcher, reader: httpx.AsyncClient) -> None:
    async with aiosmtplib.SMTP(hostname=catcher.host, port=catcher.port) as sender:
        for raw in (b"\xff\xfe", b"Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH", b"From: <<\r\n\r\n"):
            await sender.sendmail("a@example.org", ["b@example.org"], raw)
    for number in (1, 2, 3):
        assert (await reader.get(f"/mail/{number}")).status_code == 200
    assert "nuqneH" in (await reader.get("/mail/2")).text
