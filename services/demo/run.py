"""The demo from start to end: a fresh machine, its stage, the story of the referrals, what must hold. Never a table."""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import text

from services.demo.catalogue import catalogue
from services.demo.centres import HealthCentres
from services.demo.contact_functions import ContactFunctions, invitations
from services.demo.ledger import quiet
from services.demo.outcome import Outcome, look_back
from services.demo.referrals import CENTRES, referrals
from services.demo.stage import set_the_stage
from services.demo.story import Story
from services.demo.telling import Telling
from services.one_machine import OneMachine, logging_into, one_machine, start_afresh

OSLO: Final = ZoneInfo("Europe/Oslo")
ANSWER_SECONDS: Final = 3.0
"""So soon silence ends an invitation."""
LONGEST_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.1

_MOVING: Final = text(
    "select count(*) from referral where state in ('chosen', 'invited') "
    "or (state = 'received' and waiting_on = 'nobody') or (state = 'proposed' and waiting_on = 'participant')"
)
"""Referrals that the services, a deadline or a coach will move yet."""
_LANDED: Final = text("select count(*) from inbox where starts_with(topic, 'referral-requests-')")


async def play(folder: Path, *, seed: int, count: int, telling: Telling, kafka: str | None = None) -> Outcome:
    """Run the demo in the folder, on empty databases; on the Apache Kafka at this address, if one is named."""
    start_afresh(folder)
    with logging_into(folder):
        today = datetime.now(OSLO).date()
        story = Story(catalogue(seed, today), referrals(seed, count, today))
        centres = [centre.id for centre in CENTRES]
        async with (
            telling.live(),
            one_machine(
                folder, centres=centres, answer_seconds=ANSWER_SECONDS, kafka=kafka, tell=telling.stage
            ) as machine,
        ):
            telling.stage("Importing the catalogue ...")
            async with asyncio.timeout(LONGEST_SECONDS):
                await set_the_stage(machine, story.catalogue)
                await quiet(machine)
            telling.stage("The story begins")
            await tell_story(machine, story, telling, seed)
            telling.stage("The story has come to rest. Does all hold that must hold?")
            outcome = await look_back(machine, story)
            telling.stage("Stopping ...")
        telling.stage("Done")
        return outcome


async def tell_story(machine: OneMachine, story: Story, telling: Telling, seed: int) -> None:
    """Send all requests, have everybody act, and return when nothing moves any more or it takes too long."""
    async with httpx.AsyncClient(base_url=machine.url, trust_env=False, follow_redirects=True, timeout=60) as http:
        centres = HealthCentres(machine, http, story, telling)
        functions = ContactFunctions(http, story, telling, seed)
        people = [asyncio.create_task(centres.listen()), asyncio.create_task(functions.read(machine.catcher))]
        try:
            await centres.send(story.requests)
            async with asyncio.timeout(LONGEST_SECONDS):
                await at_rest(machine, story, people)
        except TimeoutError:
            story.surprises.append(f"the story did not come to rest within {LONGEST_SECONDS:.0f} s")
        finally:
            for person in people:
                person.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*people)


async def at_rest(machine: OneMachine, story: Story, people: list[asyncio.Task[None]]) -> None:
    """Return when nothing is on its way and nobody has anything to do; raise what a person of the story met."""
    while True:
        for person in people:
            if person.done():
                person.result()
        before = await quiet(machine)
        if not await _moves(machine, story) and before == await quiet(machine):
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _moves(machine: OneMachine, story: Story) -> bool:
    over_kafka = [key for key, request in story.by_id.items() if request.over == "kafka"]
    async with machine.made["referral"].service.engine.connect() as connection:
        landed = await connection.scalar(_LANDED)
        moving = await connection.scalar(_MOVING)
    return bool(
        moving
        or landed != len(over_kafka)
        or len(story.answers) < len(invitations(machine.catcher))
        or {key for key in over_kafka if not story.by_id[key].is_bad} - story.contact_given.keys()
        or {key for key, request in story.by_id.items() if request.is_bad} - story.refused.keys()
    )
