"""What a ledger proves to be wrong, by kind of breach. Reads nothing but the ledger."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, Final

from services.demo.histories import unexplained
from tests.support.leaked import leaked
from tests.support.ledger import Ledger, OnTopic, Row

ENDED: Final = ("closed", "withdrawn", "entered_in_error")
OPEN: Final = ("reserved", "notified", "accepted")
TOLD_BY: Final[Mapping[str, str]] = {
    "accepted": "invitation.accepted",
    "declined": "invitation.declined",
    "expired": "invitation.expired",
}
"""The event that tells of each state of an invitation."""
ONCE: Final = (
    *("activity.chosen", "seat.reserved", "seat.refused", "seat.released", "contact.notified"),
    *("invitation.accepted", "invitation.declined", "invitation.expired"),
)
"""What a choice can cause once."""
AGGREGATES: Final[Mapping[str, Mapping[str, str]]] = {
    "referral": {"referral": "referral_id"},
    "activities": {"referral": "referral_id", "activity": "activity_id", "contact_function": "contact_id"},
    "coordinator": {"referral": "referral_id"},
}
"""The tables of each service whose rows count the events announced under their key."""
OVERTAKING: Final = ("referral.withdrawn", "referral.withdrawal_requested", "referral.erased")

Check = Callable[[Ledger], Iterable[str]]


def breaches(ledger: Ledger) -> dict[str, list[str]]:
    """Return every breach by its kind, none where a promise was kept."""
    return {kind: sorted({breach for check in checks for breach in check(ledger)}) for kind, checks in CHECKS.items()}


def lost_calls(ledger: Ledger) -> Iterator[str]:
    """Yield what a service said it would do and did not."""
    states = {str(row["referral_id"]): row["state"] for row in ledger.rows("referral", "referral")}
    known = {row["token_hash"]: row for row in ledger.rows("coordinator", "invitation") if row["token_hash"]}
    told = {(event.name, *_of_choice(event)) for event in ledger.events}
    for call in ledger.calls:
        if call.about in ledger.lost:
            continue
        match call.what:
            case "request" if call.about not in states:
                yield f"request {call.about} has no referral"
            case "choice" if ("activity.chosen", call.about, 1) not in told:
                yield f"the choice of {call.about} was not announced"
            case "withdrawal" if states.get(call.about) not in ENDED:
                yield f"{call.about} was withdrawn and is {states.get(call.about)}"
            case "accept" | "decline":
                row = known.get(sha256(call.about.encode()).hexdigest())
                name = TOLD_BY["accepted" if call.what == "accept" else "declined"]
                if row is None or (name, str(row["referral_id"]), row["choice"]) not in told:
                    yield f"an answer, {call.what}, led to no {name}"


def lost_events(ledger: Ledger) -> Iterator[str]:
    """Yield what was announced and is on no topic, and what is there and has no effect where it is handled."""
    there = {event.id for event in ledger.events}
    for service in ledger.tables:
        for row in ledger.rows(service, "outbox"):
            if row["event_id"] not in there:
                yield f"{service} announced {row['type']} of {row['key']}, which is on no topic"
    for service, kinds in ledger.handles.items():
        states = {row["identity"]: row["state"] for row in ledger.rows(service, "inbox")}
        for event in ledger.events:
            if event.type in kinds and event.key not in ledger.poisoned:
                state = states.get(event.identity)
                if state != "handled":
                    yield f"{event.name} of {event.key} is {state or 'unknown'} at {service}"


def doubled_handling(ledger: Ledger) -> Iterator[str]:
    """Yield events that were handled more than once."""
    for service, handled in ledger.handled.items():
        for identity, times in Counter(each.identity for each in handled).items():
            if times > 1:
                yield f"{service} handled {identity} {times} times"


def doubled_effects(ledger: Ledger) -> Iterator[str]:
    """Yield what happened twice for one choice, and events that were announced as two.

    After a restore others are told again what they were told before: it must be the same.
    """
    ids: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for event in ledger.events:
        if event.name in ONCE:
            told = str(event.said.get("activity_id")) if ledger.restored else event.id
            ids[(event.name, *_of_choice(event))].add(told)
        if event.sequence:
            ids["number", event.source, event.key, event.sequence].add(event.id)
    for what, found in ids.items():
        if len(found) > 1:
            yield f"{' '.join(map(str, what))}: {len(found)} events"


def doubled_mails(ledger: Ledger) -> Iterator[str]:
    """Yield mails that came more often than kills explain: one of all mails each; a restored database: each."""
    times = Counter(mail.message_id for mail in ledger.mails if mail.was_said)
    again = {message_id: found - 1 for message_id, found in times.items() if found > 1}
    if ledger.restored == "coordinator":
        again = {message_id: found - 1 for message_id, found in again.items() if found > 1}
    if sum(again.values()) > ledger.mail_kills:
        yield f"{again} came again in {ledger.mail_kills} kills"


def out_of_order(ledger: Ledger) -> Iterator[str]:
    """Yield events of a key that were handled before an earlier one of their topic."""
    by_identity = {event.identity: event for event in ledger.events}
    for service in ledger.handled:
        last: dict[tuple[str, str], str] = {}
        for event in _in_order(ledger, service, by_identity):
            way = event.topic, event.key
            if event.sequence and event.name not in OVERTAKING:
                if event.sequence < last.get(way, ""):
                    yield f"{service} handled {event.name} of {event.key} after a later one"
                last[way] = max(event.sequence, last.get(way, ""))


def _in_order(ledger: Ledger, service: str, by_identity: Mapping[str, OnTopic]) -> Iterator[OnTopic]:
    """Yield the events as the service's handlers met them: by transaction, in it by landing."""
    landed = {row["identity"]: row["id"] for row in ledger.rows(service, "inbox")}
    place: dict[int, int] = {}
    for number, each in enumerate(ledger.handled[service]):
        place.setdefault(each.transaction, number)
    for each in sorted(
        ledger.handled[service], key=lambda each: (place[each.transaction], landed.get(each.identity, 0))
    ):
        if each.identity in by_identity:
            yield by_identity[each.identity]


def torn_numbers(ledger: Ledger) -> Iterator[str]:
    """Yield keys whose events are not numbered from 1 on without a gap, as far as their row has counted."""
    for service, counting in AGGREGATES.items():
        numbers: dict[str, list[int]] = defaultdict(list)
        for row in ledger.rows(service, "outbox"):
            if row["sequence"]:
                numbers[row["key"]].append(int(row["sequence"][6:]))
        for table, key in counting.items():
            for row in ledger.rows(service, table):
                found, counted = sorted(numbers.get(str(row[key]), [])), row["sequence"]
                if found != list(range(1, counted + 1)):
                    yield f"{service}.{table} {row[key]} counted {counted} events, and its numbers are {found}"


def torn_marks(ledger: Ledger) -> Iterator[str]:
    """Yield events that are marked as handled though no transaction was seen that did, or the reverse."""
    for service, handled in ledger.handled.items():
        seen = {each.identity for each in handled}
        marked = {row["identity"] for row in ledger.rows(service, "inbox") if row["state"] == "handled"}
        for identity in seen ^ marked:
            yield f"{service} has {identity} as handled, and it was not, or the reverse"


def torn_states(ledger: Ledger) -> Iterator[str]:
    """Yield effects without their event, and events without their effect."""
    told = {(event.name, *_of_choice(event)) for event in ledger.events}
    withdrawn = {key for name, key, _ in told if name == "referral.withdrawn"}
    for row in ledger.rows("coordinator", "invitation"):
        name = TOLD_BY.get(row["state"])
        if name and (name, str(row["referral_id"]), row["choice"]) not in told:
            yield f"invitation {row['referral_id']}/{row['choice']} is {row['state']}, and nobody was told"
    chosen = Counter(referral for name, referral, _ in told if name == "activity.chosen")
    for row in ledger.rows("referral", "referral"):
        key = str(row["referral_id"])
        if row["choice"] != chosen[key]:
            yield f"{key} has choice {row['choice']}, and {chosen[key]} were announced"
        if row["announced"] and row["state"] == "withdrawn" and key not in withdrawn:
            yield f"{key} is withdrawn, and nobody was told"
    yield from _torn_matches(ledger)


def _torn_matches(ledger: Ledger) -> Iterator[str]:
    answered = {event.key for event in ledger.events if event.name in ("activities.proposed", "no_activity.found")}
    ended = {str(row["referral_id"]) for row in ledger.rows("activities", "referral") if row["has_ended"]}
    handled = {each.identity for each in ledger.handled.get("activities", ())}
    for event in ledger.events:
        if event.name == "referral.received" and event.identity in handled and event.key not in answered | ended:
            yield f"{event.key} was matched, and nothing was said of it"


def torn_seats(ledger: Ledger) -> Iterator[str]:
    """Yield seats of which only one of the two services that must agree knows, or which no event explains."""
    held = _held(ledger).keys()
    open_ = {_seat(row, "choice") for row in ledger.rows("coordinator", "invitation") if row["state"] in OPEN}
    for key, choice in held ^ open_:
        yield f"only one side knows of the seat of {key}/{choice}"
    told = {(event.name, *_of_choice(event)) for event in ledger.events}
    given = {each[1:] for each in told if each[0] == "seat.reserved"}
    freed = {each[1:] for each in told if each[0] == "seat.released"}
    for key, choice in held ^ (given - freed):
        yield f"events and rows differ on the seat of {key}/{choice}"


def overbooked(ledger: Ledger) -> Iterator[str]:
    """Yield activities that hold more than their seats, or another number than was reserved."""
    held = Counter(_held(ledger).values())
    for row in ledger.rows("activities", "seats"):
        key, taken, maximum = str(row["activity_id"]), row["taken"], row["maximum"]
        if maximum is not None and taken > maximum and held[key]:
            yield f"{key} holds {taken} on {maximum} seats"
        before = ledger.seats_before.get(key, 0)
        if taken != before + held[key]:
            yield f"{key}: {taken} taken, {before} before, {held[key]} reserved"


def unexplained_states(ledger: Ledger) -> Iterator[str]:
    """Yield states that the history of a referral does not lead to."""
    histories: dict[str, list[Any]] = defaultdict(list)
    for line in sorted(ledger.rows("referral", "history"), key=lambda line: line["number"]):
        histories[str(line["referral_id"])].append(SimpleNamespace(**line))
    for row in ledger.rows("referral", "referral"):
        key = str(row["referral_id"])
        for why in unexplained(row["state"], row["moves"], histories[key]):
            yield f"{key}: {why}"


def stuck_events(ledger: Ledger) -> Iterator[str]:
    """Yield what was not sent or not handled, and what is parked without having been poisoned."""
    for service in ledger.tables:
        for row in ledger.rows(service, "outbox"):
            if row["sent_at"] is None:
                yield f"{service} has not sent {row['type']} of {row['key']}"
        for row in ledger.rows(service, "inbox"):
            key = row["order_key"].rpartition("/")[2]
            if row["state"] not in ("handled", "dropped") and key not in ledger.poisoned:
                yield f"{service} has {row['type'] or 'an event'} of {row['order_key']} {row['state']}"


def stuck_referrals(ledger: Ledger) -> Iterator[str]:
    """Yield referrals that neither ended nor wait for a person or a deadline."""
    timed = {row["key"].partition("/")[0] for row in ledger.rows("coordinator", "deadline")}
    for row in ledger.rows("referral", "referral"):
        key, state = str(row["referral_id"]), row["state"]
        waits = state == "chosen" or (state == "invited" and key not in timed)
        if key not in ledger.poisoned and state not in ENDED and (waits or row["waiting_on"] == "nobody"):
            yield f"{key} is {state} and waits on {row['waiting_on']}"
    for row in ledger.rows("coordinator", "invitation"):
        if row["state"] == "reserved" and str(row["referral_id"]) not in ledger.poisoned:
            yield f"the contact function of {row['referral_id']}/{row['choice']} was never told"


def _of_choice(event: OnTopic) -> tuple[str, int | None]:
    return str(event.said.get("referral_id", event.key)), event.said.get("choice")


def _seat(row: Row, choice: str) -> tuple[str, int]:
    return str(row["referral_id"]), row[choice]


def _held(ledger: Ledger) -> dict[tuple[str, int], str]:
    """Return of which activity each choice has a seat; whoever stands in line has none yet."""
    waiting = {each for row in ledger.rows("activities", "seats") for each in row.get("line", "").split()}
    return {
        _seat(row, "held_choice"): str(row["held_activity_id"])
        for row in ledger.rows("activities", "referral")
        if row["held_choice"] and f"{row['referral_id']}:{row['held_choice']}" not in waiting
    }


CHECKS: Final[Mapping[str, Sequence[Check]]] = {
    "lost": (lost_calls, lost_events),
    "doubled": (doubled_handling, doubled_effects, doubled_mails),
    "out of order": (out_of_order,),
    "torn": (torn_marks, torn_numbers, torn_states, torn_seats),
    "overbooked": (overbooked,),
    "unexplained": (unexplained_states,),
    "stuck": (stuck_events, stuck_referrals),
    "leaked": (leaked,),
}
