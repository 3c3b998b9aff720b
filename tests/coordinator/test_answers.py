from datetime import timedelta
from html.parser import HTMLParser
from uuid import UUID

import httpx
import pytest

from schemas.coordinator import InvitationAccepted, InvitationDeclined, VisitRecorded
from schemas.referral import ReferralWithdrawn
from tests.coordinator.conftest import ACTIVITY, CONTACT, REFERRAL, Coordinator, a_contact

WITHDRAWN = ReferralWithdrawn(referral_id=REFERRAL, choice=1, reason="participant")
SHARED = {"first_name": "Solveig", "phone": "+4777012345", "email": None, "companion": True}


class Forms(HTMLParser):
    """The forms of a page: where they go, and what they may send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, set[tuple[str, str]]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember a form, or what it may send."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            assert given["method"] == "post"
            self.forms.append((given["action"], set()))
        elif tag in ("input", "button", "textarea") and "name" in given:
            self.forms[-1][1].add((given["name"], given.get("value", "")))


async def post(coordinator: Coordinator, path: str, **fields: str) -> httpx.Response:
    async with coordinator.service.client() as client:
        return await client.post(path, data=fields, follow_redirects=True)


async def get(coordinator: Coordinator, path: str) -> httpx.Response:
    async with coordinator.service.client() as client:
        return await client.get(path)


async def scope(coordinator: Coordinator, service: str = "referral") -> set[str]:
    caller = await coordinator.service.issuer.verifier().caller(coordinator.referrals.tokens[-1], service=service)
    return set(caller.scope)


async def test_the_page_shows_what_it_is_about_and_how_to_answer(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    page = (await get(coordinator, path)).text
    for told in ("Kan dere ta imot?", "Tur i Folkeparken", "Tromsø kommune", "Conrad Holmboes veg", "mandag"):
        assert told in page
    assert "onsdag 19. mars 2025" in page
    assert Forms(page).forms == [
        (path, {("answer", "accept")}),
        (
            path,
            {
                ("answer", "decline"),
                ("reason", "full"),
                ("reason", "not_suitable"),
                ("reason", "paused"),
                ("reason", "other"),
                ("paused_until", ""),
            },
        ),
        (f"{path}/question", {("text", "")}),
    ]
    assert str(REFERRAL) not in page


@pytest.mark.parametrize(
    ("language", "lang", "heading"),
    [
        ("sv", "sv", "Kan ni ta emot?"),
        ("nb", "nb", "Kan dere ta imot?"),
        ("se", "nb", "Kan dere ta imot?"),
        ("en", "en", "Can you welcome them?"),
    ],
)
async def test_the_page_speaks_the_contact_functions_language(
    coordinator: Coordinator, language: str, lang: str, heading: str
) -> None:
    path = await coordinator.invite()
    await coordinator.service.deliver(a_contact(2, language=language))
    page = (await get(coordinator, path)).text
    assert heading in page
    assert f'<html lang="{lang}">' in page


async def test_looking_changes_nothing(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    before = await coordinator.state()
    async with coordinator.service.client() as client:
        for method in ("GET", "HEAD", "GET"):
            answer = await client.request(method, path)
            assert answer.status_code == 200
    assert await coordinator.state() == before
    assert await coordinator.service.names() == ["ContactNotified"]


async def test_a_page_is_kept_nowhere_and_tells_no_other_site(coordinator: Coordinator) -> None:
    headers = (await get(coordinator, await coordinator.invite())).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"


async def test_accepting_is_announced_and_the_page_thanks(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    page = await post(coordinator, path, answer="accept")
    assert [answer.status_code for answer in (*page.history, page)] == [303, 200]
    assert "Takk! Dere tar imot." in page.text
    (accepted,) = await coordinator.service.announced(InvitationAccepted)
    assert accepted.event == InvitationAccepted(referral_id=REFERRAL, choice=1, activity_id=ACTIVITY)


async def test_accepting_twice_is_accepting_once(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    page = await post(coordinator, path, answer="accept")
    assert "Takk!" in page.text
    assert len(await coordinator.service.announced(InvitationAccepted)) == 1


@pytest.mark.parametrize("reason", ["full", "not_suitable", "paused", "other"])
async def test_declining_is_announced_with_its_reason(coordinator: Coordinator, reason: str) -> None:
    path = await coordinator.invite()
    page = await post(coordinator, path, answer="decline", reason=reason)
    assert "Dere har svart at det ikke går." in page.text
    (declined,) = await coordinator.service.announced(InvitationDeclined)
    assert declined.event.reason == reason
    await coordinator.service.let_pass(timedelta(days=30))
    assert await coordinator.service.names() == ["ContactNotified", "InvitationDeclined"]


async def test_declining_needs_a_reason_and_the_page_says_so(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    page = await post(coordinator, path, answer="decline")
    assert page.status_code == 422
    assert "Velg hvorfor det ikke går" in page.text
    assert (await coordinator.state())["state"] == "notified"


async def test_who_accepted_may_still_decline_until_the_first_visit(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    await post(coordinator, path, answer="decline", reason="paused")
    assert await coordinator.service.names() == ["ContactNotified", "InvitationAccepted", "InvitationDeclined"]


async def test_after_the_first_visit_there_is_nothing_to_decline(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    await post(coordinator, f"{path}/visit", visit="attended")
    page = await post(coordinator, path, answer="decline", reason="paused")
    assert (await coordinator.state())["state"] == "accepted"
    assert [action.removeprefix(path) for action, _ in Forms(page.text).forms] == [
        *("/shared", "/visit", "/question", "/walk-ins", "/pause")
    ]


async def test_an_answer_after_the_expiry_comes_too_late_and_the_page_says_so_kindly(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await coordinator.service.let_pass(timedelta(days=30))
    for answer in ({"answer": "accept"}, {"answer": "decline", "reason": "full"}):
        page = await post(coordinator, path, **answer)
        assert page.status_code == 200
        assert "Svarfristen er ute." in page.text
        assert Forms(page.text).forms == []
    assert await coordinator.service.names() == ["ContactNotified", "InvitationExpired"]


async def test_a_withdrawn_referrals_page_says_that_it_is_no_longer_needed(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    await coordinator.service.deliver(WITHDRAWN)
    page = await get(coordinator, path)
    assert "Det er ikke lenger aktuelt." in page.text
    assert Forms(page.text).forms == []


async def test_a_visit_after_a_withdrawal_is_not_recorded(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    await coordinator.service.deliver(WITHDRAWN)
    await post(coordinator, f"{path}/visit", visit="attended")
    assert await coordinator.service.announced(VisitRecorded) == []


@pytest.mark.parametrize(("visit", "told"), [("attended", "personen kom."), ("no_show", "personen ikke kom.")])
async def test_the_first_visit_is_recorded_once_on_the_local_day(
    coordinator: Coordinator, visit: str, told: str
) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    coordinator.service.clock.now += timedelta(hours=11, minutes=30)  # 23:30 UTC: the next day in Norway
    await post(coordinator, f"{path}/visit", visit=visit)
    page = await post(coordinator, f"{path}/visit", visit=visit)
    (recorded,) = await coordinator.service.announced(VisitRecorded)
    assert (recorded.event.visit, recorded.event.on.isoformat()) == (visit, "2025-03-13")
    assert told in page.text
    assert "torsdag 13. mars 2025" in page.text


async def test_who_came_and_stopped_is_recorded_once(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    await post(coordinator, f"{path}/visit", visit="stopped")  # nobody has come yet: the page has no such button
    await post(coordinator, f"{path}/visit", visit="attended")
    coordinator.service.clock.now += timedelta(days=20)
    await post(coordinator, f"{path}/visit", visit="stopped")
    page = await post(coordinator, f"{path}/visit", visit="stopped")
    told = [announced.event for announced in await coordinator.service.announced(VisitRecorded)]
    assert [(visit.visit, visit.stopped) for visit in told] == [("attended", False), ("cancelled", True)]
    assert "sluttet å komme. (tirsdag 1. april 2025)" in " ".join(page.text.split())


async def test_who_has_not_accepted_records_no_visit(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, f"{path}/visit", visit="attended")
    assert await coordinator.service.names() == ["ContactNotified"]


async def test_what_the_person_shares_is_shown_on_request_and_kept_nowhere(coordinator: Coordinator) -> None:
    coordinator.referrals.shared = SHARED
    path = await coordinator.invite()
    assert "Solveig" not in (await post(coordinator, path, answer="accept")).text
    page = await post(coordinator, f"{path}/shared")
    assert "Solveig" in page.text
    assert "+4777012345" in page.text
    assert "Vil gjerne ha følge første gang." in page.text
    assert "E-post" not in page.text  # which is not shared
    assert page.headers["cache-control"] == "no-store"
    assert coordinator.referrals.asked[-1] == [str(REFERRAL), "1", str(CONTACT)]
    assert await scope(coordinator) == {"shared.read"}
    tables = await coordinator.service.rows("select tablename from pg_tables where schemaname = 'public'")
    for table in tables:
        assert "Solveig" not in str(await coordinator.service.rows(f"select * from {table['tablename']}"))


async def test_what_is_no_longer_shared_is_not_shown(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    page = await post(coordinator, f"{path}/shared")
    assert page.status_code == 410
    assert "det er ikke lenger mulig" in page.text


async def test_after_a_withdrawal_the_shared_details_are_gone(coordinator: Coordinator) -> None:
    coordinator.referrals.shared = SHARED
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    await coordinator.service.deliver(WITHDRAWN)
    page = await post(coordinator, f"{path}/shared")
    assert page.status_code == 410
    assert "Det er ikke lenger aktuelt." in page.text
    assert "Solveig" not in page.text


async def test_looking_never_shows_what_the_person_shares(coordinator: Coordinator) -> None:
    coordinator.referrals.shared = SHARED
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    await post(coordinator, f"{path}/shared")
    assert "Solveig" not in (await get(coordinator, path)).text
    assert (await get(coordinator, f"{path}/shared")).status_code == 405


async def test_who_has_not_accepted_is_shown_nothing(coordinator: Coordinator) -> None:
    coordinator.referrals.shared = SHARED
    path = await coordinator.invite()
    page = await post(coordinator, f"{path}/shared")
    assert "Solveig" not in page.text
    assert "Kan dere ta imot?" in page.text


async def test_while_the_referral_service_is_away_one_may_try_again(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    coordinator.referrals.is_away = True
    assert (await post(coordinator, f"{path}/shared")).status_code == 503


@pytest.mark.parametrize("token", ["x", "A" * 43, "é", "A" * 5000, "..%2F", "%00"])
async def test_a_link_that_is_none_is_answered_like_one_that_never_was(coordinator: Coordinator, token: str) -> None:
    await coordinator.invite()
    path = f"/coordinator/answer/{token}"
    for answer in (
        await get(coordinator, path),
        await post(coordinator, path, answer="accept"),
        await post(coordinator, path, answer="decline"),
        await post(coordinator, f"{path}/visit", visit="attended"),
        await post(coordinator, f"{path}/shared"),
    ):
        assert answer.status_code in (404, 400)
    assert (await coordinator.state())["state"] == "notified"


async def test_another_referrals_link_opens_only_its_own(coordinator: Coordinator) -> None:
    first = await coordinator.invite()
    second = await coordinator.invite(UUID(int=11))
    await post(coordinator, second, answer="accept")
    states = await coordinator.service.rows("select referral_id, state from invitation order by referral_id")
    assert [row["state"] for row in states] == ["notified", "accepted"]
    assert first != second


@pytest.mark.parametrize(
    "fields", [{"answer": "maybe"}, {"answer": "decline", "reason": "tired"}, {"answer": "accept", "more": "x"}]
)
async def test_a_form_that_is_not_ours_is_refused(coordinator: Coordinator, fields: dict[str, str]) -> None:
    path = await coordinator.invite()
    assert (await post(coordinator, path, **fields)).status_code == 422
    assert (await coordinator.state())["state"] == "notified"


async def test_names_from_the_catalogue_are_shown_as_text(coordinator: Coordinator) -> None:
    path = await coordinator.invite(activity_name="<script>alert(1)</script>")
    assert "<script" not in (await get(coordinator, path)).text
