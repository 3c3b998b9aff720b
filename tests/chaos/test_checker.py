"""The checker finds each breach: a good ledger is doctored in one place at a time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from tests.support.checker import CHECKS, breaches
from tests.support.ledger import Call, Handled, Ledger, Mail, OnTopic

REFERRAL, ACTIVITY, CONTACT = (f"0000000{n}-0000-4000-8000-000000000000" for n in (1, 2, 3))
TOKEN = "a-secret-link"
LINK_HASH = sha256(TOKEN.encode()).hexdigest()
WAY = [
    ("referral", "referral-needs-v1", "referral.received", {}),
    ("activities", "matching-events-v1", "activities.proposed", {}),
    ("referral", "referral-events-v1", "activity.chosen", {"choice": 1}),
    ("activities", "seat-events-v1", "seat.reserved", {"choice": 1}),
    ("coordinator", "coordination-events-v1", "contact.notified", {"choice": 1}),
    ("coordinator", "coordination-events-v1", "invitation.accepted", {"choice": 1}),
]
HANDLED_BY = {
    "activities": ("referral.received", "activity.chosen"),
    "referral": ("activities.proposed", "contact.notified", "invitation.accepted"),
    "coordinator": ("seat.reserved",),
}
TYPE = "org.motesplats.{}.v1".format


def events() -> list[OnTopic]:
    made, counted = [], dict.fromkeys(HANDLED_BY, 0)
    for place, (service, topic, name, said) in enumerate(WAY):
        counted[service] += 1
        number = f"000001{counted[service]:014d}"
        value = str({"referral_id": REFERRAL} | said).replace("'", '"')
        made.append(OnTopic(topic, 0, place, REFERRAL, TYPE(name), f"/{service}", f"id-{place}", number, value))
    return made


def good() -> Ledger:
    """Return what a run leaves behind in which one referral was accepted."""
    there = events()
    tables: dict[str, dict[str, list[dict[str, Any]]]] = {name: {"inbox": [], "outbox": []} for name in HANDLED_BY}
    handled: dict[str, list[Handled]] = {name: [] for name in HANDLED_BY}
    for event in there:
        row = {"event_id": event.id, "type": event.type, "key": event.key, "sequence": event.sequence, "sent_at": 1}
        tables[event.source[1:]]["outbox"].append(row)
        for service, names in HANDLED_BY.items():
            if event.name in names:
                row = {"identity": event.identity, "id": event.offset, "state": "handled"}
                tables[service]["inbox"].append(row | {"order_key": event.key, "type": event.type})
                handled[service].append(Handled(event.identity, event.offset))
    referral = {"referral_id": REFERRAL, "state": "accepted", "choice": 1, "moves": 4, "sequence": 2}
    tables["referral"]["referral"] = [referral | {"announced": True, "waiting_on": "participant"}]
    tables["referral"]["history"] = [
        {"referral_id": REFERRAL, "number": number, "what": what, "state": state}
        for number, (what, state) in enumerate(
            [
                ("referral.requested", "received"),
                ("activities.proposed", "chosen"),
                ("contact.notified", "invited"),
                ("invitation.accepted", "accepted"),
            ],
            start=1,
        )
    ]
    held = {"held_choice": 1, "held_activity_id": ACTIVITY, "has_ended": False, "sequence": 2}
    tables["activities"]["referral"] = [{"referral_id": REFERRAL} | held]
    tables["activities"]["seats"] = [{"activity_id": ACTIVITY, "taken": 3, "maximum": 3}]
    tables["coordinator"]["referral"] = [{"referral_id": REFERRAL, "sequence": 2}]
    invitation = {"referral_id": REFERRAL, "choice": 1, "state": "accepted", "token_hash": LINK_HASH}
    tables["coordinator"]["invitation"] = [invitation]
    return Ledger(
        calls=[Call("request", REFERRAL), Call("choice", REFERRAL), Call("accept", TOKEN)],
        events=there,
        mails=[Mail("<1@motesplats>", TOKEN, f"Somebody would like to come: https://m.example/{TOKEN}")],
        tables=tables,
        handled=handled,
        handles={name: frozenset(map(TYPE, names)) for name, names in HANDLED_BY.items()},
        seats_before={ACTIVITY: 2},
        personal=frozenset({"Torvvarda", "+4742000001"}),
        written={"referral.log": '{"event": "started"}'},
    )


def test_a_run_in_which_nothing_went_wrong_has_no_breach() -> None:
    assert breaches(good()) == {kind: [] for kind in CHECKS}


def with_row(ledger: Ledger, service: str, table: str, place: int = 0, **changed: object) -> Ledger:
    """Return the ledger with one row changed."""
    rows = list(ledger.rows(service, table))
    rows[place] = rows[place] | changed
    return with_rows(ledger, service, table, rows)


def with_rows(ledger: Ledger, service: str, table: str, rows: list[Mapping[str, Any]]) -> Ledger:
    return replace(ledger, tables=ledger.tables | {service: ledger.tables[service] | {table: rows}})


def without_event(ledger: Ledger, name: str) -> Ledger:
    """Return the ledger as if the event had never been sent."""
    return replace(ledger, events=[event for event in ledger.events if event.name != name])


def handled_in_reverse(ledger: Ledger) -> Ledger:
    reverse = [replace(each, transaction=-each.transaction) for each in reversed(ledger.handled["referral"])]
    return replace(ledger, handled=ledger.handled | {"referral": reverse})


def repeated(ledger: Ledger, name: str, **changed: object) -> Ledger:
    """Return the ledger with an event a second time, changed."""
    event = next(event for event in ledger.events if event.name == name)
    return replace(ledger, events=[*ledger.events, replace(event, **changed)])


Doctor = Callable[[Ledger], Ledger]
DOCTORED: list[tuple[str, str, Doctor]] = [
    ("lost", "a request that was accepted", lambda led: replace(led, calls=[*led.calls, Call("request", CONTACT)])),
    ("lost", "a withdrawal", lambda led: replace(led, calls=[*led.calls, Call("withdrawal", REFERRAL)])),
    ("lost", "a coach's choice", lambda led: without_event(led, "activity.chosen")),
    ("lost", "an answer", lambda led: without_event(led, "invitation.accepted")),
    ("lost", "an event that was announced", lambda led: without_event(led, "contact.notified")),
    ("lost", "an event that never landed", lambda led: with_rows(led, "coordinator", "inbox", [])),
    ("lost", "an event without effect", lambda led: with_row(led, "coordinator", "inbox", state="dropped")),
    (
        "doubled",
        "two effects of one event",
        lambda led: replace(led, handled=led.handled | {"referral": [*led.handled["referral"]] * 2}),
    ),
    ("doubled", "two seats for one choice", lambda led: repeated(led, "seat.reserved", id="more", sequence="9")),
    ("doubled", "two answers", lambda led: repeated(led, "invitation.accepted", id="more", sequence="9")),
    ("doubled", "one number for two events", lambda led: repeated(led, "activities.proposed", id="more")),
    ("doubled", "a notice that came twice", lambda led: replace(led, mails=[*led.mails, *led.mails])),
    ("out of order", "a later event first", handled_in_reverse),
    ("torn", "a mark without its effect", lambda led: replace(led, handled=led.handled | {"coordinator": []})),
    ("torn", "an effect without its event", lambda led: with_row(led, "coordinator", "referral", sequence=3)),
    ("torn", "an event without its effect", lambda led: with_row(led, "referral", "referral", choice=0)),
    (
        "torn",
        "an invitation that ended silently",
        lambda led: with_row(led, "coordinator", "invitation", state="expired"),
    ),
    ("torn", "a withdrawal that nobody heard of", lambda led: with_row(led, "referral", "referral", state="withdrawn")),
    ("torn", "a match that nobody heard of", lambda led: without_event(led, "activities.proposed")),
    ("torn", "a seat of which one side knows", lambda led: with_row(led, "activities", "referral", held_choice=None)),
    ("overbooked", "more people than seats", lambda led: with_row(led, "activities", "seats", maximum=2)),
    ("overbooked", "a seat that nobody reserved", lambda led: with_row(led, "activities", "seats", taken=2)),
    ("unexplained", "a state without history", lambda led: with_row(led, "referral", "referral", state="attending")),
    ("unexplained", "a line that is missing", lambda led: with_row(led, "referral", "referral", moves=5)),
    ("stuck", "an event that was not sent", lambda led: with_row(led, "activities", "outbox", sent_at=None)),
    ("stuck", "an event that waits", lambda led: with_row(led, "activities", "inbox", state="held")),
    ("stuck", "an event that is parked", lambda led: with_row(led, "activities", "inbox", state="parked")),
    ("stuck", "a referral", lambda led: with_row(led, "referral", "referral", state="chosen", waiting_on="nobody")),
    ("stuck", "silence without a deadline", lambda led: with_row(led, "referral", "referral", state="invited")),
    ("stuck", "a notice", lambda led: with_row(led, "coordinator", "invitation", state="reserved")),
    (
        "leaked",
        "a name in an event",
        lambda led: repeated(led, "seat.reserved", value='{"choice": 1, "note": "for Torvvarda"}'),
    ),
    ("leaked", "a phone in a mail", lambda led: replace(led, mails=[Mail("<1>", TOKEN, "call +4742000001")])),
    ("leaked", "a name in a log", lambda led: replace(led, written={"activities.log": "torvvarda"})),
    ("leaked", "a name in a table", lambda led: with_row(led, "coordinator", "invitation", about="Torvvarda")),
    ("leaked", "an answer link in a log", lambda led: replace(led, written={"proxy.log": f"GET /{TOKEN} 200"})),
]


@pytest.mark.parametrize(("kind", "what", "doctor"), DOCTORED, ids=[f"{kind}: {what}" for kind, what, _ in DOCTORED])
def test_a_doctored_ledger_is_found_out(kind: str, what: str, doctor: Doctor) -> None:
    assert breaches(doctor(good()))[kind], what


def test_what_was_poisoned_on_purpose_may_be_parked() -> None:
    parked = with_row(good(), "activities", "inbox", state="parked")
    assert breaches(replace(parked, poisoned=frozenset({REFERRAL})))["stuck"] == []


def test_one_mail_may_come_once_more_for_each_kill_of_who_sends_it() -> None:
    once_more = replace(good(), mails=[*good().mails] * 2)
    assert breaches(replace(once_more, mail_kills=1))["doubled"] == []
    assert breaches(replace(once_more, mails=[*good().mails] * 3, mail_kills=1))["doubled"]
    two = replace(once_more, mails=[*once_more.mails, *[Mail("<2>", TOKEN, "")] * 2])
    assert breaches(replace(two, mail_kills=1))["doubled"]
    assert breaches(replace(two, mail_kills=2))["doubled"] == []


def test_after_a_restore_each_mail_may_come_once_more() -> None:
    two = [*good().mails, Mail("<2>", TOKEN, "")]
    assert breaches(replace(good(), mails=two * 2, restored="coordinator"))["doubled"] == []
    assert breaches(replace(good(), mails=two * 3, restored="coordinator"))["doubled"]


def test_who_stands_in_line_has_no_seat_yet() -> None:
    waiting = {
        "referral_id": CONTACT,
        "held_choice": 1,
        "held_activity_id": ACTIVITY,
        "has_ended": False,
        "sequence": 0,
    }
    more = with_rows(good(), "activities", "referral", [*good().rows("activities", "referral"), waiting])
    assert breaches(more)["torn"]
    assert breaches(more)["overbooked"]
    in_line = with_row(more, "activities", "seats", line=f"{CONTACT}:1")
    assert breaches(in_line) == {kind: [] for kind in CHECKS}


def test_after_a_restore_others_may_be_told_again_and_of_the_same_seat_only() -> None:
    again = replace(repeated(good(), "seat.reserved", id="more", sequence="9"), restored="activities")
    other = json.dumps({"referral_id": REFERRAL, "choice": 1, "activity_id": CONTACT})
    assert breaches(again)["doubled"] == []
    assert breaches(repeated(again, "seat.reserved", id="other", sequence="8", value=other))["doubled"]


def test_a_mail_may_come_once_more_after_a_restore_of_who_sends_it() -> None:
    once_more = replace(good(), mails=[*good().mails] * 2)
    assert breaches(replace(once_more, restored="coordinator"))["doubled"] == []
    assert breaches(replace(once_more, restored="activities"))["doubled"]


def test_only_what_an_operator_was_told_of_may_be_lost() -> None:
    lost = replace(good(), calls=[*good().calls, Call("request", CONTACT)], restored="referral")
    assert breaches(lost)["lost"]
    assert breaches(replace(lost, lost=frozenset({CONTACT})))["lost"] == []


def test_every_check_is_shown_to_find_something() -> None:
    found = set()
    for _, _, doctor in DOCTORED:
        doctored = doctor(good())
        found |= {check.__name__ for checks in CHECKS.values() for check in checks if list(check(doctored))}
    assert found == {check.__name__ for checks in CHECKS.values() for check in checks}
