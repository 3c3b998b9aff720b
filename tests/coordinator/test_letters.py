from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.today import EndingVerification, Today
from services.coordinator.letters import LEASE, Letters, is_open
from services.coordinator.notifier import Notifier
from services.runtime.embedded.mail import MailCatcher
from tests.coordinator.conftest import CONTACT, MUNICIPALITY, Coordinator, Referrals, a_contact, a_seat, own_settings
from tests.coordinator.test_bounces import Refusing
from tests.support.service_testing import NOON

COORDINATOR = "koordinator@mote.example"
WALK, CHOIR = UUID(int=71), UUID(int=72)
LAST_ON = date(2025, 4, 10)


class Catalogue:
    """Stands in for what the activities service says of a municipality's catalogue."""

    async def today(self, _municipality: str) -> Today:
        """Tell of two activities that nobody has verified for long."""
        ending = [
            EndingVerification(activity_id=one, name=name, last_on=LAST_ON, contact_id=CONTACT)
            for one, name in ((WALK, "Tur"), (CHOIR, "Kor"))
        ]
        return Today(agreements=(), verifications=tuple(ending), lines=())


def letters(coordinator: Coordinator) -> Letters:
    (step,) = [loop.step for loop in coordinator.service.service._loops if loop.name == "letters"]
    found: Letters = step.__self__  # type: ignore[attr-defined]  # a bound method
    found.activities = Catalogue()  # type: ignore[assignment]  # answers the one question that is asked
    return found


async def write_and_send(coordinator: Coordinator) -> None:
    sending, now = letters(coordinator), coordinator.service.clock()
    await sending.write(now)
    while await sending.send_due(now):
        pass


def told(coordinator: Coordinator) -> list[tuple[str, str]]:
    return [(mail.to[0], mail.subject) for mail in coordinator.catcher.messages]


def links(coordinator: Coordinator, what: str) -> list[str]:
    lines = coordinator.catcher.messages[-1].text.splitlines()
    return [line.removeprefix("http://testserver") for line in lines if f"/coordinator/{what}/" in line]


async def set_coordinator(coordinator: Coordinator) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        given = {"email": COORDINATOR, "language": "en"}
        await client.put(f"/coordinator/municipalities/{MUNICIPALITY}", json=given)


async def test_a_function_is_asked_once_in_one_mail_whether_all_is_still_correct(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact())
    await write_and_send(coordinator)
    coordinator.service.clock.now += timedelta(days=1)
    await write_and_send(coordinator)
    assert told(coordinator) == [("tur@mote.example", "Stemmer det fortsatt?")]
    text = coordinator.catcher.messages[0].text
    assert "Tur: foreslås til og med torsdag 10. april 2025" in text
    assert len(links(coordinator, "verify")) == 2


async def test_one_click_says_that_it_is_correct_and_opening_the_page_says_nothing(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact())
    await write_and_send(coordinator)
    (link, _) = links(coordinator, "verify")
    async with coordinator.service.client() as client:
        shown = await client.get(link)
        assert (await client.head(link)).status_code == 200
        assert "Ja, det stemmer" in shown.text
        assert await coordinator.service.rows("select * from errand") == []
        done = await client.post(link, data={"answer": "correct"})
        assert "Takk!" in done.text
        wrong = link.replace("2025-04-10", "2025-04-11")
        assert [(await client.get(wrong)).status_code, (await client.get(f"{link}x")).status_code] == [404, 404]
        coordinator.service.clock.now = datetime(2025, 5, 11, tzinfo=UTC)  # a month after it is not proposed any more
        assert [
            (await client.get(link)).status_code,
            (await client.post(link, data={"answer": "correct"})).status_code,
        ] == [404, 404]
    (errand,) = await coordinator.service.rows("select kind from errand")
    assert errand["kind"] == "verification"


@pytest.mark.parametrize(
    ("now", "expected"),
    [("2025-03-12T12:00", True), ("2025-03-12T05:00", False), ("2025-03-15T12:00", False), ("2025-04-17T12:00", False)],
    ids=["on a working day", "too early", "on a Saturday", "on a holiday"],
)
def test_nobody_is_asked_when_nobody_is_at_work(now: str, *, expected: bool) -> None:
    assert is_open(datetime.fromisoformat(now).replace(tzinfo=UTC), MUNICIPALITY) is expected


async def test_a_function_with_much_to_do_gets_a_letter_a_week(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), *(a_seat(referral_id=UUID(int=100 + n)) for n in range(5)))
    await coordinator.send_notices()
    sending = letters(coordinator)
    for day in (12, 17, 17, 18):
        coordinator.service.clock.now = datetime(2025, 3, day, 12, tzinfo=UTC)
        await sending.write(coordinator.service.clock())
    await coordinator.service.rows("select 1")
    while await sending.send_due(coordinator.service.clock()):
        pass
    assert [subject for _, subject in told(coordinator)[5:]] == ["Stemmer det fortsatt?", "Uken deres: 5 som venter"]
    async with coordinator.service.client() as client:
        answers = links(coordinator, "answer")
        assert [(await client.get(link)).status_code for link in answers] == [200] * 5


async def test_no_letter_tells_of_what_its_links_no_longer_open(coordinator: Coordinator) -> None:
    paths = [await coordinator.invite(UUID(int=100 + n)) for n in range(5)]
    async with coordinator.service.client() as client:
        for path in paths:
            await client.post(path, data={"answer": "accept"})
    sent = len(coordinator.catcher.messages)
    for day in (datetime(2025, 4, 7, 12, tzinfo=UTC), datetime(2025, 4, 14, 12, tzinfo=UTC)):
        coordinator.service.clock.now = day
        await write_and_send(coordinator)
    assert [subject for _, subject in told(coordinator)[sent:]] == ["Stemmer det fortsatt?", "Uken deres: 5 som venter"]


async def test_mails_come_once_a_day_for_who_asks_for_fewer(coordinator: Coordinator) -> None:
    await coordinator.invite()
    (first,) = coordinator.catcher.messages
    assert first.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = first.message["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    async with coordinator.service.client() as client:
        assert "Vil dere ha færre e-poster?" in (await client.get(link)).text
        assert (await client.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
        await coordinator.service.deliver(*(a_seat(referral_id=UUID(int=100 + n)) for n in range(3)))
        await coordinator.send_notices()
        assert len(coordinator.catcher.messages) == 1
        coordinator.service.clock.now = datetime(2025, 3, 13, 7, tzinfo=UTC)
        await coordinator.send_notices()
        assert [subject for _, subject in told(coordinator)[1:]] == ["3 nyheter om aktivitetene deres"]
        assert "Dere får én e-post om dagen." in (await client.get(link)).text
        await client.post(link, data={"mails": "each"})
        await coordinator.service.deliver(a_seat(referral_id=UUID(int=110)))
        await coordinator.send_notices()
        assert len(coordinator.catcher.messages) == 3
        assert (await client.get(f"{link}x")).status_code == 404


class TestUnreachable:
    """Whoever keeps the addresses hears of those that refuse our mail."""

    @pytest.fixture
    async def catcher(self) -> Any:  # noqa: ANN401, D102 - a fixture
        async with Refusing() as catcher:
            yield catcher

    @pytest.fixture
    def own(self, referrals: Referrals, catcher: MailCatcher) -> dict[str, Any]:  # noqa: D102 - a fixture
        return own_settings(referrals, catcher)

    async def test_the_coordinator_hears_of_an_address_that_bounces(self, coordinator: Coordinator) -> None:  # noqa: D102
        Refusing.refused = frozenset({"tur@mote.example"})
        await set_coordinator(coordinator)
        await coordinator.service.deliver(a_contact(), a_seat())
        await coordinator.send_notices()
        sending = letters(coordinator)
        await sending.send_due(NOON)
        assert told(coordinator) == [(COORDINATOR, "We cannot reach Turleder")]
        assert "tur@mote.example" in coordinator.catcher.messages[0].text
        (letter,) = await coordinator.service.rows("select state from letter")
        assert letter["state"] == "sent"

    async def test_a_letter_that_an_address_refuses_goes_to_the_deputy_and_the_coordinator_hears(  # noqa: D102
        self, coordinator: Coordinator
    ) -> None:
        await set_coordinator(coordinator)
        deputies = [{"name": "Kontoret", "email": "kontoret@mote.example"}]
        await coordinator.service.deliver(a_contact(deputies=deputies))
        Refusing.refused = frozenset({"tur@mote.example"})
        await write_and_send(coordinator)
        assert sorted(told(coordinator)) == [
            ("kontoret@mote.example", "Stemmer det fortsatt?"),
            ("koordinator@mote.example", "We cannot reach Turleder"),
        ]

    async def test_later_once_is_no_refusal_however_long_our_own_mail_server_was_away(  # noqa: D102
        self, coordinator: Coordinator
    ) -> None:
        deputies = [{"name": "Kontoret", "email": "kontoret@mote.example"}]
        await coordinator.service.deliver(a_contact(deputies=deputies))
        await coordinator.catcher.stop()
        sending = letters(coordinator)
        await sending.write(coordinator.service.clock())
        for _ in range(30):
            await sending.send_due(coordinator.service.clock())
            coordinator.service.clock.now += timedelta(hours=1)
        await coordinator.catcher.start()
        Refusing.refused, Refusing.deferred = frozenset(), frozenset({"tur@mote.example"})
        await sending.send_due(coordinator.service.clock())
        Refusing.deferred = frozenset()
        coordinator.service.clock.now += timedelta(minutes=6)
        await sending.send_due(coordinator.service.clock())
        assert told(coordinator) == [("tur@mote.example", "Stemmer det fortsatt?")]
        assert await coordinator.service.rows("select bounced from reader where bounced <> '{}'") == []

    async def test_a_letter_of_a_function_that_nothing_reaches_goes_to_the_coordinator(  # noqa: D102
        self, coordinator: Coordinator
    ) -> None:
        await set_coordinator(coordinator)
        await coordinator.service.deliver(a_contact())
        Refusing.refused = frozenset({"tur@mote.example"})
        await write_and_send(coordinator)
        assert sorted(told(coordinator)) == [
            ("koordinator@mote.example", "Is it still correct?"),
            ("koordinator@mote.example", "We cannot reach Turleder"),
        ]


async def test_what_nobody_can_get_has_failed(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(email=None, phone="+4777012345"))
    await write_and_send(coordinator)
    assert {row["state"] for row in await coordinator.service.rows("select state from letter")} == {"failed"}


def test_the_notifier_of_letters_is_that_of_notices(coordinator: Coordinator) -> None:
    sending: Notifier[Any] = letters(coordinator).notifier
    (step,) = [loop.step for loop in coordinator.service.service._loops if loop.name == "notifier"]
    assert sending is step.__self__.notifier  # type: ignore[attr-defined]  # a bound method


async def test_letters_that_were_handed_over_and_not_recorded_are_not_sent_again(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await coordinator.service.deliver(a_contact())
    monkeypatch.setattr("services.coordinator.letters._record", _away)
    with pytest.raises(ConnectionResetError):
        await write_and_send(coordinator)
    monkeypatch.undo()
    coordinator.service.clock.now += LEASE
    await write_and_send(coordinator)
    assert len(coordinator.catcher.messages) == 1
    assert await letters(coordinator).send_due(coordinator.service.clock() + LEASE) == 0


async def _away(*_: object) -> None:
    raise ConnectionResetError
