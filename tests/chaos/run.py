"""One run: a load, what disturbs it, rest, the ledger and its breaches. Never how it is printed."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from tests.chaos.load import Load
from tests.chaos.platform import BrokerName, platform
from tests.chaos.recording import record
from tests.chaos.rest import at_rest, handled_types
from tests.chaos.world import Scenario, World
from tests.support.checker import breaches
from tests.support.ledger import Ledger

REST_SECONDS: Final = 180.0
"""When nothing was handled for so long, nothing will be: between two attempts lie two minutes at most."""
PER_SECOND: Final = 25.0


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    scenario: str
    broker: str
    seed: int
    referrals: int
    disturbances: Sequence[str]
    recovered_after: Sequence[float]
    """Seconds after each time that a server was back until every service had handled what was brought since."""
    stopped_after: Sequence[float]
    """Seconds until a process that was asked to end had ended."""
    states: Mapping[str, int]
    counts: Mapping[str, int]
    seconds: Mapping[str, float]
    surprises: Sequence[str]
    breaches: Mapping[str, Sequence[str]]
    ledger: Ledger = field(repr=False)
    """Tens of megabytes, which asyncio would write out to name its main task."""

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.breaches.values()) and not self.surprises


async def run(
    scenario: Scenario,
    folder: Path,
    *,
    broker: BrokerName,
    seed: int,
    referrals: int,
    per_second: float = PER_SECOND,
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Run the scenario in the folder, which keeps logs and data."""
    began = monotonic()
    seconds: dict[str, float] = {}

    def ends(stage: str) -> None:
        seconds[stage] = round(monotonic() - began - sum(seconds.values()), 1)

    tell("starting PostgreSQL, the broker, and two instances of each service")
    handled_types()  # makes all services, for seconds in which our mail server, issuer and proxies answer nobody
    async with platform(folder, broker, proxied=scenario.proxied) as running:
        ends("start")
        load = Load(running, seed, referrals, per_second)
        world = World(running, load, random.Random(f"{seed}:{scenario.name}"), scenario.least)  # noqa: S311 - repeatable
        async with load.living():
            tell(f"{referrals} referrals, {per_second:.0f} a second; {scenario.sentence}")
            await _disturb(scenario, world, load)
            ends("load")
            tell(f"{len(world.done)} disturbances; waiting until all is at rest")
            moving = await at_rest(running, load, frozenset(world.poisoned), within=REST_SECONDS)
            ends("rest")
        tell("reading the ledger")
        ledger = await record(running, load, frozenset(world.poisoned))
        ends("record")
    ends("stop")
    load.surprises += [f"{each.name} did not end when asked to" for each in running.instances if each.was_killed]
    found = breaches(ledger)
    ends("check")
    if moving:
        found["stuck"] = [f"nothing was handled for {REST_SECONDS:.0f} s: {moving}", *found["stuck"]]
    return Outcome(
        scenario=scenario.name,
        broker=broker,
        seed=seed,
        referrals=referrals,
        disturbances=world.done,
        recovered_after=world.recovered_after,
        stopped_after=world.stopped_after,
        states=Counter(row["state"] for row in ledger.rows("referral", "referral")),
        counts=_counts(ledger),
        seconds=seconds,
        surprises=load.surprises,
        breaches=found,
        ledger=ledger,
    )


async def _disturb(scenario: Scenario, world: World, load: Load) -> None:
    """Let the scenario happen again and again until all is sent; each step that it must take has its share of that."""
    shares = max(1, scenario.least)
    for share in range(shares):
        load.may_end.clear()
        sending = asyncio.create_task(load.send(share, shares))
        taken = world.steps
        while world.steps == taken or (share == shares - 1 and not sending.done()):
            try:
                await scenario.happens(world)
            except TimeoutError as error:
                load.surprises.append(f"what the scenario waited for did not come: {error!r}")
            world.steps += 1
            load.may_end.set()
        await sending
    await world.heal()


def _counts(ledger: Ledger) -> dict[str, int]:
    mails = Counter(mail.message_id for mail in ledger.mails)
    return {
        "calls": len(ledger.calls),
        "events on topics": len(ledger.events),
        "events handled": sum(map(len, ledger.handled.values())),
        "mails": len(ledger.mails),
        "mails repeated": sum(times - 1 for times in mails.values()),
    }
