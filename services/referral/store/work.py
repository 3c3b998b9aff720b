"""The referrals of a batch of events or of a call: read together, changed in memory, written together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Table, text

from schemas.referral import ActivityChosen, Consent, ReferralReceived, ReferralRequested, ReferralWithdrawalRequested
from schemas.vocabulary import WithdrawalReason
from services.referral import tables
from services.referral.domain.referral import Referral, Status
from services.referral.store.people import Whose
from services.runtime.database import columns_of, copy_rows, unnest, write_rows
from services.runtime.handling import Deadline, Delivery, Stalled
from services.runtime.transaction import Transaction

FIXED = ("referral_id", "health_centre", "municipality", "received_at", "policy", "control", "protected")
MOVING = (
    *("consent_given_on", "consent_expires_on", "announced", "state", "waiting_on", "since", "choice"),
    *("activity_id", "wanted", "reason", "outcome", "moves", "sequence"),
)
WAITS = "+"
"""Stands behind what is waited for where it is full."""

_REFERRALS = text(
    f"select {', '.join((*FIXED, *MOVING))}, "
    "health_centre in (select w.health_centre from webhook w) as told_by_webhook "
    "from referral where referral_id = any(:ids) order by referral_id for update"
)
_REQUESTS = text("select referral_id, body, contact_digest from request where referral_id = any(:ids)")
_ALONE = text(
    "select pg_advisory_xact_lock(hashtextextended(id::text, 0)) "
    "from (select id from unnest(cast(:ids as uuid[])) id order by id) ordered"
)
_BEFOREHAND = text(
    "select health_centre, referral_id, reason from early_withdrawal where referral_id = any(:ids) "
    "union all select health_centre, null, null from webhook where health_centre = any(:centres)"
)
_MOVED = ("referral_id", *MOVING)
_UPDATE = text(
    f"update referral set {', '.join(f'{name} = u.{name}' for name in MOVING)} "
    f"from {unnest(tables.referral, _MOVED)} u where referral.referral_id = u.referral_id"
)

NeverBegins = Literal[WithdrawalReason, "erased"]
"""Why a referral that is not there must not begin if its request comes, or comes again."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came, but for its contact data, of which there is a keyed hash."""

    content: ReferralRequested
    contact_digest: bytes | None


@dataclass(slots=True)
class Work:
    """The referrals that a batch or a call is about, and what is new of them."""

    tx: Transaction
    referrals: dict[UUID, Referral] = field(default_factory=dict)
    requests: dict[UUID, Request] = field(default_factory=dict)
    """Only those that are needed: of referrals asked for again, or about to begin."""
    early: dict[tuple[str, UUID], NeverBegins] = field(default_factory=dict)
    webhooks: set[str] = field(default_factory=set)
    """Those of the centres of new referrals that have one."""
    told: dict[UUID, Status] = field(default_factory=dict)
    """What was told of a referral so far."""
    read: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    """How many moves and events each referral had when it was read."""
    new: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)

    def add_referral(self, referral: Referral, request: Request) -> None:
        """Keep a new referral, its request, and the participant if it is a new one."""
        content = request.content
        self.referrals[referral.referral_id] = referral
        self.requests[referral.referral_id] = request
        whose = {"health_centre": content.health_centre, "pseudonym": content.participant.pseudonym}
        body = content.model_dump_json(exclude_unset=True)  # who left the distance open did not say 10
        kept = {"referral_id": referral.referral_id, **whose, "body": body, "contact_digest": request.contact_digest}
        self._add(tables.request, kept)
        self._add(tables.participant, {**whose, "since": self.tx.now})

    def add_consent(self, referral_id: UUID, consent: Consent) -> None:
        """Keep a consent beside the earlier ones."""
        given = {"referral_id": referral_id, "recorded_at": self.tx.now, **consent.model_dump()}
        self._add(tables.consent, given)

    def add_answer(self, referral_id: UUID, answer: bytes) -> None:
        """Keep what matching answered, the JSON of its event, beside what was before."""
        kept = {"referral_id": referral_id, "proposed_at": self.tx.now, "answer": answer.decode()}
        self._add(tables.proposal, kept)

    def add_history(
        self,
        referral: Referral,
        who: str,
        what: str,
        *,
        choice: int,
        activity_id: UUID | None,
        reason: str | None = None,
    ) -> None:
        """Keep what happened, who did it (a role or a service), and the state it left."""
        referral.moves += 1
        row = {
            "referral_id": referral.referral_id,
            "number": referral.moves,
            "at": self.tx.now,
            "who": who,
            "what": what,
            "state": referral.state,
            "choice": choice,
            "activity_id": activity_id,
            "reason": reason,
        }
        self._add(tables.history, row)

    def add_early_withdrawal(self, health_centre: str, referral_id: UUID, reason: WithdrawalReason) -> None:
        """Keep a withdrawal of what this centre may yet send."""
        self.early.setdefault((health_centre, referral_id), reason)
        row = {"health_centre": health_centre, "referral_id": referral_id, "reason": reason, "at": self.tx.now}
        self._add(tables.early_withdrawal, row)

    def add_message(self, referral: Referral) -> None:
        """Keep for the centre's webhook what was announced last of the referral."""
        event = self.tx.events[-1]
        row = {
            "referral_id": referral.referral_id,
            "sequence": event.sequence,
            "health_centre": referral.health_centre,
            "content": (event.value or b"").decode(),
            "queued_at": self.tx.now,
            "due_at": self.tx.now,
        }
        self._add(tables.message, row)

    def add_reading(self, referral_id: UUID, whose: Whose, action: str, unit: str, who: str) -> None:
        """Keep who, of which health centre or service, read a participant's data."""
        row = {"at": self.tx.now, "action": action, "unit": unit, "who": who, "referral_id": referral_id}
        self._add(tables.reading, row | {"health_centre": whose.health_centre, "pseudonym": whose.pseudonym})

    def _add(self, table: Table, row: dict[str, Any]) -> None:
        self.new.setdefault(table, []).append(row)


async def load(tx: Transaction, deliveries: Sequence[Delivery]) -> Work:
    """Return the referrals that the deliveries name, locked, with what their handlers will ask for."""
    asked = {d.event.referral_id: d.event.health_centre for d in deliveries if isinstance(d.event, ReferralRequested)}
    timed = {referral_of(d.event.key) for d in deliveries if isinstance(d.event, Deadline | Stalled)}
    named = {d.event.referral_id for d in deliveries if hasattr(d.event, "referral_id")}
    await have_alone(tx, [d.event.referral_id for d in deliveries if isinstance(d.event, ReferralWithdrawalRequested)])
    work = await load_referrals(tx, named | timed)
    await load_requests(work, (asked.keys() | timed) & work.referrals.keys())
    await load_beforehand(work, asked)
    return work


async def have_alone(tx: Transaction, ids: Collection[UUID]) -> None:
    """Have whoever else comes with one of these ids wait, for what is not there yet cannot be locked.

    A withdrawal that came while its request was being stored would find nothing, and nobody would find it.
    """
    if ids:
        await tx.connection.execute(_ALONE, {"ids": list(ids)})


def referral_of(key: str) -> UUID:
    """Return the referral of a deadline's or the sweep's key, `<referral_id>` or `<referral_id>/<what for>`."""
    return UUID(key.partition("/")[0])


async def load_referrals(tx: Transaction, ids: Iterable[UUID]) -> Work:
    """Return those of the referrals that there are, locked in the order of their ids."""
    work = Work(tx)
    wanted = list(ids)
    if wanted:
        for row in (await tx.connection.execute(_REFERRALS, {"ids": wanted})).mappings():
            referral = Referral(**{**row, "wanted": tuple(row["wanted"].replace(WAITS, "").split())})
            if WAITS in row["wanted"]:
                referral.waits = frozenset(each[:-1] for each in row["wanted"].split() if each.endswith(WAITS))
            work.referrals[referral.referral_id] = referral
            work.told[referral.referral_id] = referral.status
            work.read[referral.referral_id] = (referral.moves, referral.sequence)
    return work


async def load_requests(work: Work, ids: Iterable[UUID]) -> None:
    """Add the requests of these referrals to the work."""
    wanted = list(ids)
    if wanted:
        for row in await work.tx.connection.execute(_REQUESTS, {"ids": wanted}):
            content = ReferralRequested.model_validate_json(row.body)
            work.requests[row.referral_id] = Request(content, row.contact_digest)


async def load_beforehand(work: Work, asked: Mapping[UUID, str]) -> None:
    """Add what is known before they begin of those asked for that are new, by the centres that ask."""
    new = {referral_id: centre for referral_id, centre in asked.items() if referral_id not in work.referrals}
    if new:
        for row in await work.tx.connection.execute(_BEFOREHAND, {"ids": list(new), "centres": list(new.values())}):
            if row.referral_id is None:
                work.webhooks.add(row.health_centre)
            else:
                work.early[row.health_centre, row.referral_id] = row.reason


async def save(work: Work) -> None:
    """Write what is new and what moved, each table in one statement."""
    connection, new, read = work.tx.connection, work.new, work.read
    # Ordered, since two transactions may meet the same participants.
    participants = sorted(new.get(tables.participant, ()), key=lambda row: (row["health_centre"], row["pseudonym"]))
    await write_rows(connection, tables.participant, participants, replace=False)
    await write_rows(connection, tables.early_withdrawal, new.get(tables.early_withdrawal, ()), replace=False)
    # Of what comes twice for one referral in one batch, the last stands.
    for table in (tables.proposal, tables.consent):
        latest = {row["referral_id"]: row for row in new.get(table, ())}
        await write_rows(connection, table, list(latest.values()))
    fresh = [_row(referral, (*FIXED, *MOVING)) for key, referral in work.referrals.items() if key not in read]
    for table, rows in (
        (tables.referral, fresh),
        (tables.request, new.get(tables.request)),
        (tables.history, new.get(tables.history)),
        (tables.reading, new.get(tables.reading)),
        (tables.message, new.get(tables.message)),
    ):
        if rows:  # a referral that somebody else stored meanwhile must fail, and be tried again
            await copy_rows(connection, table, tuple(rows[0]), [tuple(row.values()) for row in rows])
    moved = [
        _row(referral, _MOVED)
        for key, referral in work.referrals.items()
        if key in read and read[key] != (referral.moves, referral.sequence)
    ]
    if moved:
        await connection.execute(_UPDATE, columns_of(tables.referral, moved))


def _row(referral: Referral, names: Iterable[str]) -> dict[str, Any]:
    row = {name: getattr(referral, name) for name in names}
    wanted = [each + WAITS if each in referral.waits else each for each in referral.wanted] if referral.waits else None
    row["wanted"] = " ".join(wanted or referral.wanted)
    return row


_PAGE = text("select referral_id from referral where referral_id > :after order by referral_id limit :limit")


async def next_ids(tx: Transaction, after: UUID, limit: int) -> list[UUID]:
    """Return the ids of referrals behind this one, in order."""
    return await tx.connection.scalars(_PAGE, {"after": after, "limit": limit})


STALLED = {
    kind: f"select referral_id::text as key, '{event.topic}' as topic from referral "
    f"where state = '{kind}' and announced and since < cast(:now as timestamptz) - interval '10 minutes'"
    for kind, event in (("received", ReferralReceived), ("chosen", ActivityChosen))
}
"""What stands still, for the sweep. No index helps it: one on the state would be written with every event."""
