"""What a run of the demo came to: counts, refusals, latencies, what broke. Never how it is printed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from services.demo.contact_functions import LINK, invitations
from services.demo.invariants import broken, rows
from services.demo.story import Story
from services.one_machine import OneMachine


@dataclass(frozen=True)
class Outcome:
    """All that is shown at the end."""

    requests: int
    referrals: Sequence[Mapping[str, Any]]
    """How many are in which state, and wait on whom."""
    notices: int
    answers: Mapping[str, int]
    refused: Sequence[Mapping[str, str]]
    """Path and rule of each broken rule, with the way that the request came."""
    parked: Sequence[Mapping[str, Any]]
    """What waits for an operator: each broken rule of each event."""
    notice_ms_median: float | None
    """From sending a request to its first notice, the coach's choice included."""
    notice_ms_p99: float | None
    broken: Mapping[str, Sequence[str]]
    """What breaks each invariant, by its sentence."""

    @property
    def holds(self) -> bool:
        """Whether every invariant held."""
        return not any(self.broken.values())


async def look_back(machine: OneMachine, story: Story) -> Outcome:
    """Return what the story came to."""
    states = await rows(
        machine, "referral", "select state, waiting_on, count(*) as n from referral group by 1, 2 order by 3 desc, 1, 2"
    )
    parked = await rows(machine, "referral", "select id, topic, error from inbox where state = 'parked' order by id")
    latencies = sorted(await _latencies(machine, story))
    return Outcome(
        requests=len(story.requests),
        referrals=[{"state": row.state, "waiting_on": row.waiting_on, "count": row.n} for row in states],
        notices=len(invitations(machine.catcher)),
        answers=dict(Counter(answered.answer for answered in story.answers.values())),
        refused=[
            {"over": story.by_id[key].over, "path": error.path, "rule": error.rule}
            for key, errors in story.refused.items()
            for error in errors
        ],
        parked=[{"id": row.id, "topic": row.topic, **error} for row in parked for error in row.error],
        notice_ms_median=_share(latencies, 0.5),
        notice_ms_p99=_share(latencies, 0.99),
        broken=await broken(machine, story),
    )


async def _latencies(machine: OneMachine, story: Story) -> list[float]:
    """Return, in milliseconds, how long after its request the first notice of each referral arrived."""
    query = "select referral_id::text as key, token_hash from invitation where token_hash is not null"
    whose = {row.token_hash: row.key for row in await rows(machine, "coordinator", query)}
    first: dict[str, float] = {}
    for mail in machine.catcher.messages:
        if link := LINK.search(mail.text):
            key = whose[sha256(link[1].encode()).digest()]
            first.setdefault(key, (mail.received_at - story.sent_at[key]).total_seconds() * 1000)
    return list(first.values())


def _share(ordered: Sequence[float], share: float) -> float | None:
    """Return the value that so large a share of them does not exceed; None of none."""
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 1) if ordered else None
