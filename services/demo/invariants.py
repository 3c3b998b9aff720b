"""What must hold when a story has come to rest, whoever acted in it; read from the databases and over HTTP.

Each check says as its docstring what must hold, and returns what breaks it, without any personal value. Where
personal values must not be is in `leaks`.
"""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import httpx
from sqlalchemy import text

from schemas.coordinator import ContactNotified
from schemas.referral import ReferralRejected
from services.demo import leaks
from services.demo.contact_functions import LINK, invitations
from services.demo.histories import unexplained
from services.demo.ledger import ledger
from services.demo.story import Story
from services.one_machine import OneMachine

Check = Callable[[OneMachine, Story], Awaitable[list[str]]]

SILENT_STORIES: Final = frozenset({"control", "protected", "consent_ended", "no_consent"})
"""Of whom nobody outside the referral service hears."""
BECOMES: Final[Mapping[str, set[str | None]]] = {
    "accept": {"accepted"},
    "decline": {"declined", "expired"},
    "silence": {"expired", None},
    "too_late": {"expired", None},
}
UNHEARD_TOPICS: Final = "referral-status-"


async def rows(machine: OneMachine, service: str, query: str, **parameters: object) -> list[Any]:
    """Return what the query finds in the service's database."""
    async with machine.made[service].service.engine.connect() as connection:
        return list((await connection.execute(text(query), parameters)).all())


async def broken(machine: OneMachine, story: Story) -> dict[str, list[str]]:
    """Return what breaks each of `CHECKS`, by what it says; nothing where it holds."""
    return {check.__doc__ or "": await check(machine, story) for check in CHECKS}


async def good_requests_are_stored(machine: OneMachine, story: Story) -> list[str]:
    """Every good request has a referral, and no other has."""
    good = {key for key, request in story.by_id.items() if not request.is_bad}
    stored = {str(row.referral_id) for row in await rows(machine, "referral", "select referral_id from referral")}
    return [f"{key} has no referral" for key in good - stored] + [f"{key} has a referral" for key in stored - good]


async def bad_requests_are_refused(machine: OneMachine, story: Story) -> list[str]:
    """Every bad request is refused: by 422, or by ReferralRejected and parked."""
    rejections = await rows(
        machine, "referral", "select key from outbox where type = :type", type=ReferralRejected.type()
    )
    rejected = {row.key for row in rejections}
    parked = {row.order_key.partition("/")[2] for row in await _parked(machine, "referral")}
    found = []
    for key, request in story.by_id.items():
        if request.is_bad != (key in story.refused):
            found.append(f"{key} ({request.story}) is {'not ' * request.is_bad}refused")
        over_kafka = request.is_bad and request.over == "kafka"
        if over_kafka != (key in rejected) or over_kafka != (key in parked):
            found.append(f"{key} ({request.story}): rejected {key in rejected}, parked {key in parked}")
    return found


async def only_bad_requests_are_parked(machine: OneMachine, story: Story) -> list[str]:
    """Nothing is parked but the bad requests."""
    bad = {key for key, request in story.by_id.items() if request.is_bad}
    return [
        f"{name}: {row.type} of {row.order_key} is parked"
        for name in machine.made
        for row in await _parked(machine, name)
        if row.order_key.partition("/")[2] not in bad
    ]


async def _parked(machine: OneMachine, service: str) -> list[Any]:
    return await rows(machine, service, "select type, order_key from inbox where state = 'parked'")


async def some_are_never_announced(machine: OneMachine, story: Story) -> list[str]:
    """Nobody of a control arm, protected or without consent is announced or notified."""
    ids = [key for key, request in story.by_id.items() if request.story in SILENT_STORIES]
    found = await rows(
        machine,
        "referral",
        "select topic, key from outbox where key = any(:ids) and not starts_with(topic, :own)",
        ids=ids,
        own=UNHEARD_TOPICS,
    )
    heard = [f"{row.key} is on {row.topic}" for row in found]
    for name in ("activities", "coordinator"):
        for table, column in (("referral", "referral_id::text"), ("inbox", "order_key"), ("outbox", "key")):
            query = f"select distinct {column} as key from {table} where {column} = any(:ids)"
            heard += [f"{row.key} is in {name}.{table}" for row in await rows(machine, name, query, ids=ids)]
    return heard


async def seats_equal_reservations(machine: OneMachine, story: Story) -> list[str]:
    """Every seat taken is one that was reserved."""
    before = {each["activity_id"]: each["seats"]["taken"] for each in story.catalogue.activities}
    held = Counter(str(row.id) for row in await rows(machine, "activities", _HELD))
    taken = await rows(machine, "activities", "select activity_id::text as key, taken from seats")
    return [
        f"{row.key}: {row.taken} taken, {before[row.key]} before, {held[row.key]} reserved"
        for row in taken
        if row.taken != before[row.key] + held[row.key]
    ]


async def seats_are_those_of_invitations(machine: OneMachine, _story: Story) -> list[str]:
    """Activities and coordinator agree on who holds a seat."""
    held = {(row.referral_id, row.choice, row.id) for row in await rows(machine, "activities", _HELD)}
    open_ = {(row.referral_id, row.choice, row.id) for row in await rows(machine, "coordinator", _OPEN)}
    return [f"{key} choice {choice}: only one side knows of the seat" for key, choice, _ in held ^ open_]


_HELD: Final = (
    "select referral_id, held_choice as choice, held_activity_id as id from referral "
    "join seats on activity_id = held_activity_id where not line like '%' || referral_id || ':' || held_choice || '%'"
)
_OPEN: Final = (
    "select referral_id, choice, activity_id as id from invitation where state in ('reserved', 'notified', 'accepted')"
)


async def nothing_is_overbooked(machine: OneMachine, _story: Story) -> list[str]:
    """No activity is overbooked by us."""
    query = (
        "select activity_id from seats where taken > maximum "
        "and exists (select from referral where held_activity_id = activity_id)"
    )
    return [f"{row.activity_id} holds more than its seats" for row in await rows(machine, "activities", query)]


async def one_mail_tells_of_each_notice(machine: OneMachine, _story: Story) -> list[str]:
    """Each invitation is one mail, and each mail but a reminder, or that it is over, is one invitation."""
    mails = invitations(machine.catcher)
    tokens = Counter(link[1] for mail in mails if (link := LINK.search(mail.text)))
    repeated = [f"Message-ID repeated: {n} mails" for n in Counter(m.message_id for m in mails).values() if n > 1]
    repeated += [f"an answer link is in {n} mails" for n in tokens.values() if n > 1]
    links = [link[1] for mail in machine.catcher.messages if (link := LINK.search(mail.text))]
    mailed = {sha256(token.encode()).digest() for token in links}  # a deputy's link is another one
    invited = await rows(machine, "coordinator", "select token_hash, state from invitation where answer_by is not null")
    opens = {row.token_hash for row in invited if row.state != "expired"}  # whose next link may not have gone out
    announced = await rows(
        machine, "coordinator", "select count(*) as n from outbox where type = :type", type=ContactNotified.type()
    )
    if not mailed >= opens or not len(mails) == len(invited) == announced[0].n:
        repeated.append(f"{len(mails)} mails, {len(invited)} invitations notified, {announced[0].n} ContactNotified")
    return repeated


async def histories_explain_states(machine: OneMachine, _story: Story) -> list[str]:
    """The history of each referral explains its state."""
    histories: dict[str, list[Any]] = defaultdict(list)
    for line in await rows(machine, "referral", "select * from history order by referral_id, number"):
        histories[str(line.referral_id)].append(line)
    return [
        f"{row.referral_id}: {why}"
        for row in await rows(machine, "referral", "select referral_id, state, moves from referral")
        for why in unexplained(row.state, row.moves, histories[str(row.referral_id)])
    ]


async def nothing_is_stuck(machine: OneMachine, _story: Story) -> list[str]:
    """No referral is stuck: it has ended, or waits for somebody."""
    timed = {row.key for row in await rows(machine, "coordinator", "select key from deadline")}
    ended = "('closed', 'withdrawn', 'entered_in_error')"
    query = f"select referral_id, state, waiting_on from referral where state not in {ended}"
    waiting = await rows(machine, "referral", query)
    return [
        f"{row.referral_id} is {row.state} and waits on {row.waiting_on}"
        for row in waiting
        if row.waiting_on == "nobody"
        or row.state == "chosen"
        or (row.state == "invited" and not any(key.startswith(str(row.referral_id)) for key in timed))
    ]


async def everything_announced_was_handled(machine: OneMachine, _story: Story) -> list[str]:
    """Everything announced was sent, has landed and was handled."""
    found = await ledger(machine)
    ways = {"not sent": found.unsent, "landed and not handled": found.pending}
    return [*found.missing(machine), *(f"{n} events {where}" for where, n in ways.items() if n)]


async def centres_see_their_own(machine: OneMachine, story: Story) -> list[str]:
    """Each centre sees its own referrals and no other's."""
    sent: dict[str, set[str]] = defaultdict(set)
    for key, request in story.by_id.items():
        if not request.is_bad:
            sent[request.body["health_centre"]].add(key)
    found = []
    async with httpx.AsyncClient(base_url=machine.url, trust_env=False, timeout=60) as http:
        for centre in machine.centres:
            headers = {"Authorization": f"Bearer {machine.issuer.token('centre', centre=centre)}"}
            if await _listed(http, headers) != sent[centre]:
                found.append(f"{centre} does not see exactly what it sent")
            others = next((key for other, keys in sent.items() if other != centre for key in keys), None)
            answer = await http.get(f"/referral/referrals/{others}", headers=headers)
            if others and answer.status_code != httpx.codes.NOT_FOUND:
                found.append(f"{centre} asks for another centre's referral: {answer.status_code}")
    return found


async def _listed(http: httpx.AsyncClient, headers: Mapping[str, str]) -> set[str]:
    """Return the ids that a centre finds by following its list to the end."""
    listed: set[str] = set()
    cursor: str | None = ""
    while cursor is not None:
        parameters = {"cursor": cursor} if cursor else {}
        page = (await http.get("/referral/referrals", headers=headers, params=parameters)).raise_for_status().json()
        listed |= {item["referral_id"] for item in page["items"]}
        cursor = page["next"]
    return listed


async def answers_are_heard(machine: OneMachine, story: Story) -> list[str]:
    """Each answer is what became of its invitation, unless it came too late."""
    query = "select token_hash, state from invitation where token_hash is not null"
    states = {row.token_hash: row.state for row in await rows(machine, "coordinator", query)}
    answered = Counter(
        (each.answer, states.get(sha256(token.encode()).digest())) for token, each in story.answers.items()
    )
    return [
        f"{n} of {answer} became {state}" for (answer, state), n in answered.items() if state not in BECOMES[answer]
    ]


async def people_see_what_is_shared(machine: OneMachine, story: Story) -> list[str]:
    """Whoever accepted sees what the participant shares, and no more."""
    query = "select referral_id::text as key, token_hash from invitation where token_hash is not null"
    whose = {row.token_hash: row.key for row in await rows(machine, "coordinator", query)}
    found = []
    for token, answered in story.answers.items():
        key = whose.get(sha256(token.encode()).digest())
        if key is None:  # somebody else of the function was asked, and this link ended
            found += ["a link that ended shows what is shared"] if answered.shared_page else []
            continue
        request = story.by_id[key]
        shared = set(request.body["consent"]["share"]) if answered.answer == "accept" else set()
        for name, value in request.participant.contact().items():
            is_shown = value in answered.shared_page
            if is_shown > (name in shared) or (
                name in shared and story.knew_contact(key, answered.asked_at) > is_shown
            ):
                found.append(f"{key}: {name} is {'' if is_shown else 'not '}shown")
    return found


async def nobody_was_surprised(_machine: OneMachine, story: Story) -> list[str]:
    """Every call was answered as expected."""
    return story.surprises


CHECKS: Final[tuple[Check, ...]] = (
    good_requests_are_stored,
    bad_requests_are_refused,
    only_bad_requests_are_parked,
    some_are_never_announced,
    seats_equal_reservations,
    seats_are_those_of_invitations,
    nothing_is_overbooked,
    one_mail_tells_of_each_notice,
    histories_explain_states,
    nothing_is_stuck,
    everything_announced_was_handled,
    centres_see_their_own,
    answers_are_heard,
    people_see_what_is_shared,
    nobody_was_surprised,
    leaks.in_the_open,
    leaks.on_topics,
    leaks.in_tables,
    leaks.in_inboxes,
)
