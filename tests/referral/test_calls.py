from uuid import uuid4

import pytest

from schemas.referral import ReferralReceived
from tests.referral.stories import (
    CENTRE,
    accepted,
    ask,
    call,
    choose,
    close,
    notified,
    proposed,
    refused,
    state_of,
    visited,
)
from tests.support.builders import a_consent, a_referral, number
from tests.support.service_testing import UnderTest

ONE = number(1)


async def test_a_centre_sees_where_its_referral_stands_what_happened_and_what_is_proposed(referral: UnderTest) -> None:
    await ask(referral, extensions={"journal": {"colour": "blue"}})
    await referral.deliver(proposed(11, 12), source="/activities")
    await choose(referral, 12)
    seen = await call(referral, "GET", f"referrals/{ONE}", role="centre")
    assert (seen["state"], seen["waiting_on"], seen["choice"], seen["activity_id"]) == (
        "chosen",
        "nobody",
        1,
        number(12),
    )
    assert [(line["who"], line["what"], line["state"]) for line in seen["history"]] == [
        ("centre", "referral.requested", "received"),
        ("activities", "activities.proposed", "proposed"),
        ("coach", "activity.chosen", "chosen"),
    ]
    assert [proposal["activity_id"] for proposal in seen["proposals"]] == [number(11), number(12)]
    assert seen["proposals"][0]["reasons"] == ["It is something that was wished for.", "It is about 4 km away."]
    assert seen["consent"] == a_consent()
    assert seen["extensions"] == {"journal": {"colour": "blue"}}
    assert seen["since"].endswith(("Z", "+00:00"))


async def test_reasons_are_said_in_the_language_asked_for(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    seen = await call(referral, "GET", f"referrals/{ONE}?language=nb")
    assert seen["proposals"][0]["reasons"][1] == "Den er omtrent 4 km unna."


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("sv", ["Vårdcentralen hänviste deltagaren.", "Alla platser var tagna.", "Hälsocoachen"]),
        ("nb", ["Legekontoret henviste deltakeren.", "Alle plassene var tatt.", "Frisklivsveilederen"]),
        ("en", ["The health centre referred the participant.", "All seats were taken.", "The health coach"]),
    ],
)
async def test_the_history_tells_in_words_who_did_what(referral: UnderTest, language: str, told: list[str]) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    await choose(referral, 11)
    await referral.deliver(refused(1, 11))
    history = (await call(referral, "GET", f"referrals/{ONE}?language={language}"))["history"]
    assert [history[0]["said"], history[3]["said"], history[2]["by"]] == told


async def test_every_reading_of_a_referral_is_written_down(referral: UnderTest) -> None:
    await ask(referral)
    await call(referral, "GET", f"referrals/{ONE}")
    assert await referral.rows("select action, unit, who, health_centre, pseudonym from reading") == [
        {"action": "referral", "unit": CENTRE, "who": "test-coach", "health_centre": CENTRE, "pseudonym": "p-1"}
    ]


async def test_a_list_goes_page_by_page_newest_first_and_can_be_narrowed(referral: UnderTest) -> None:
    for n in range(1, 6):
        await ask(referral, n)
    await referral.deliver(proposed(11, n=2), proposed(11, n=4))
    seen, cursor = [], None
    while True:
        page = await call(referral, "GET", "referrals?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        seen += [line["referral_id"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [number(n) for n in (5, 4, 3, 2, 1)]
    narrowed = await call(referral, "GET", "referrals?state=proposed&waiting_on=participant")
    assert [line["referral_id"] for line in narrowed["items"]] == [number(4), number(2)]


CALLS = [
    ("GET", "", None),
    ("POST", "/choice", {"activity_id": number(11)}),
    ("POST", "/withdrawal", {"reason": "coach"}),
    ("POST", "/outcome", {"outcome": "could_not"}),
    ("PUT", "/consent", a_consent()),
    ("DELETE", "/consent", None),
    ("PUT", "/contact", {"first_name": "Solveig"}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_another_centres_referral_is_not_there(referral: UnderTest, method: str, path: str, body: object) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    before = await referral.names()
    async with referral.client("coach", centre="her:1001") as client:
        theirs = await client.request(method, f"/referral/referrals/{ONE}{path}", json=body)
        nobodys = await client.request(method, f"/referral/referrals/{uuid4()}{path}", json=body)
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert await referral.names() == before


async def test_a_centres_own_system_makes_no_choice(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    await call(referral, "POST", f"referrals/{ONE}/choice", {"activity_id": number(11)}, role="centre", expect=403)


async def test_a_choice_is_repeated_or_too_late_or_not_among_the_proposals(referral: UnderTest) -> None:
    await ask(referral)
    path, first = f"referrals/{ONE}/choice", {"activity_id": number(11), "then": [number(12)]}
    await call(referral, "POST", path, first, expect=409)
    await referral.deliver(proposed(11, 12))
    unknown = {"activity_id": number(77), "then": [number(12), number(78)]}
    problem = await call(referral, "POST", path, unknown, expect=422)
    assert [error["path"] for error in problem["errors"]] == ["activity_id", "then[1]"]
    await call(referral, "POST", path, first)
    await call(referral, "POST", path, first)
    await call(referral, "POST", path, {"activity_id": number(12)}, expect=409)
    await call(referral, "POST", path, first | {"wait": True}, expect=409)
    await call(referral, "POST", f"referrals/{ONE}/withdrawal", {"reason": "participant"})
    await call(referral, "POST", path, first, expect=409)


async def test_a_withdrawal_is_repeated_but_does_not_undo_an_outcome(referral: UnderTest) -> None:
    await ask(referral, 1)
    await ask(referral, 2)
    for _ in range(2):
        ended = await call(referral, "POST", f"referrals/{ONE}/withdrawal", {"reason": "participant"}, role="centre")
        assert (ended["state"], ended["reason"]) == ("withdrawn", "participant")
    await close(referral, "did_not_want", 2)
    await call(referral, "POST", f"referrals/{number(2)}/withdrawal", {"reason": "coach"}, expect=409)


async def test_an_outcome_is_recorded_once(referral: UnderTest) -> None:
    await ask(referral)
    await close(referral, "could_not")
    await close(referral, "could_not")
    await call(referral, "POST", f"referrals/{ONE}/outcome", {"outcome": "taking_part"}, expect=409)


async def test_consent_given_later_lets_the_referral_begin(referral: UnderTest) -> None:
    await ask(referral, consent=None)
    standing = await call(referral, "PUT", f"referrals/{ONE}/consent", a_consent(), role="centre")
    assert (standing["state"], standing["waiting_on"]) == ("received", "nobody")
    assert len(await referral.announced(ReferralReceived)) == 1


async def test_consent_given_to_a_protected_identity_still_announces_nothing(referral: UnderTest) -> None:
    protected = {"pseudonym": "p-1", "age": 67, "protected_identity": True}
    await ask(referral, consent=None, participant=protected)
    standing = await call(referral, "PUT", f"referrals/{ONE}/consent", a_consent())
    assert (standing["state"], standing["waiting_on"]) == ("received", "coach")
    assert await referral.announced(ReferralReceived) == []


async def test_a_protected_identitys_proposals_are_unknown_while_the_activities_service_is_away(
    referral: UnderTest,
) -> None:
    await ask(referral, participant={"pseudonym": "p-1", "age": 67, "protected_identity": True})
    assert (await call(referral, "GET", f"referrals/{ONE}"))["proposals"] is None


async def test_a_renewed_consent_moves_the_day_on_which_it_ends(referral: UnderTest) -> None:
    await ask(referral, consent=a_consent(expires_on="2025-03-12"))
    await call(referral, "PUT", f"referrals/{ONE}/consent", a_consent(expires_on="2025-06-30"))
    assert [row["due"] for row in await referral.rows("select cast(due_at as text) as due from deadline")] == [
        "2025-06-30 22:00:00+00"
    ]


async def test_a_consent_that_is_not_in_force_does_not_renew_one_that_is(referral: UnderTest) -> None:
    await ask(referral)
    problem = await call(referral, "PUT", f"referrals/{ONE}/consent", a_consent(expires_on="2025-03-11"), expect=422)
    assert [error["path"] for error in problem["errors"]] == ["expires_on"]
    assert (await state_of(referral))[0] == "received"


async def test_a_withdrawn_consent_stops_what_is_not_yet_done(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11), notified(1, 11), accepted(1, 11))
    standing = await call(referral, "DELETE", f"referrals/{ONE}/consent")
    assert (standing["state"], standing["reason"]) == ("withdrawn", "consent")
    await call(referral, "PUT", f"referrals/{ONE}/consent", a_consent(), expect=409)


async def test_a_withdrawn_consent_does_not_end_what_nobody_else_knows_of(referral: UnderTest) -> None:
    await ask(referral, participant={"pseudonym": "p-1", "age": 67, "protected_identity": True})
    standing = await call(referral, "DELETE", f"referrals/{ONE}/consent")
    assert (standing["state"], standing["waiting_on"]) == ("received", "consent")


async def test_who_takes_part_is_not_withdrawn_with_the_consent(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11), accepted(1, 11), visited(1, 11))
    assert (await call(referral, "DELETE", f"referrals/{ONE}/consent"))["state"] == "attending"


async def test_no_answer_holds_contact_data(referral: UnderTest) -> None:
    contact = {"first_name": "Solveig", "phone": None, "email": None}
    async with referral.client("coach", centre=CENTRE) as client:
        taken = await client.post("/referral/requests", json=a_referral(contact=contact))
        changed = await client.put(f"/referral/referrals/{ONE}/contact", json=contact | {"phone": "+4799123456"})
        seen = await client.get(f"/referral/referrals/{ONE}")
    assert (taken.status_code, changed.status_code, seen.status_code) == (201, 200, 200)
    assert not any(value in taken.text + changed.text + seen.text for value in ("Solveig", "99123456"))
