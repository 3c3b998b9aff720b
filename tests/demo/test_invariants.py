"""Each invariant of the demo can break: a short story is told, and spoiled in one place at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from rich.console import Console
from sqlalchemy import text

from services.demo import invariants, leaks
from services.demo.catalogue import catalogue
from services.demo.invariants import Check
from services.demo.ledger import quiet
from services.demo.referrals import CENTRES, referrals
from services.demo.run import tell_story
from services.demo.stage import set_the_stage
from services.demo.stories import STORIES
from services.demo.story import Story
from services.demo.telling import Telling
from services.one_machine import OneMachine, logging_into, one_machine
from services.runtime.connection import Connection

SEED = 4


@dataclass(frozen=True)
class Told:
    """A story that has come to rest, on the machine that it was told on."""

    machine: OneMachine
    story: Story

    @asynccontextmanager
    async def spoiled(self, service: str, statement: str, **parameters: object) -> AsyncIterator[OneMachine]:
        """Give the machine as it is with one change in a database, which is taken back afterwards."""
        made = self.machine.made[service]
        async with made.service.engine.connect() as connection:
            undone = connection.driver.transaction()
            await undone.start()
            await connection.execute(text(statement), parameters)
            spoiled = SimpleNamespace(engine=OneConnection(connection), handlers=made.service.handlers)
            services: Any = self.machine.made | {service: SimpleNamespace(service=spoiled)}
            yield replace(self.machine, made=services)
            await undone.rollback()


@dataclass(frozen=True)
class OneConnection:
    """An engine that has one connection, in the middle of a transaction."""

    connection: Connection

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Give the connection."""
        yield self.connection


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    folder = tmp_path_factory.mktemp("machine")
    today = datetime.now(UTC).date()
    story = Story(catalogue(SEED, today), referrals(SEED, 2 * len(STORIES), today))
    with logging_into(folder):
        async with one_machine(folder, centres=[centre.id for centre in CENTRES], answer_seconds=0.5) as machine:
            await set_the_stage(machine, story.catalogue)
            await quiet(machine)
            await tell_story(machine, story, Telling(Console(quiet=True)), SEED)
            yield Told(machine, story)


async def test_a_story_at_rest_breaks_nothing(told: Told) -> None:
    broken = await invariants.broken(told.machine, told.story)
    assert {sentence: reasons for sentence, reasons in broken.items() if reasons} == {}


HELD = "(select held_activity_id from referral where held_activity_id is not null limit 1)"
ANY_REFERRAL = "(select referral_id from referral order by referral_id limit 1)"
SPOILED = [
    (
        invariants.good_requests_are_stored,
        "referral",
        f"update referral set referral_id = gen_random_uuid() where referral_id = {ANY_REFERRAL}",
    ),
    (invariants.bad_requests_are_refused, "referral", "update inbox set state = 'dropped' where state = 'parked'"),
    (
        invariants.only_bad_requests_are_parked,
        "coordinator",
        "update inbox set state = 'parked' where id = (select min(id) from inbox)",
    ),
    (
        invariants.seats_equal_reservations,
        "activities",
        f"update seats set taken = taken + 1 where activity_id = {HELD}",
    ),
    (
        invariants.seats_are_those_of_invitations,
        "coordinator",
        "update invitation set state = 'released' where state = 'accepted'",
    ),
    (
        invariants.nothing_is_overbooked,
        "activities",
        f"update seats set maximum = 1, taken = 2 where activity_id = {HELD}",
    ),
    (
        invariants.one_mail_tells_of_each_notice,
        "coordinator",
        "update invitation set token_hash = null where answer_by is not null",
    ),
    (
        invariants.answers_are_heard,
        "coordinator",
        "update invitation set state = 'declined' where state in ('accepted', 'expired')",
    ),
    (invariants.histories_explain_states, "referral", "update referral set state = 'closed' where state = 'attending'"),
    (invariants.nothing_is_stuck, "referral", "update referral set waiting_on = 'nobody' where state = 'attending'"),
    (
        invariants.everything_announced_was_handled,
        "activities",
        "delete from inbox where type = 'org.motesplats.activity.chosen.v1'",
    ),
    (leaks.in_inboxes, "coordinator", "update inbox set key = 'left behind'"),
]


@pytest.mark.parametrize(("check", "service", "statement"), SPOILED, ids=lambda each: getattr(each, "__name__", ""))
async def test_what_is_spoiled_in_a_database_is_found(told: Told, check: Check, service: str, statement: str) -> None:
    async with told.spoiled(service, statement) as machine:
        assert await check(machine, told.story)


async def test_an_announced_control_arm_is_found(told: Told) -> None:
    control = next(key for key, request in told.story.by_id.items() if request.story == "control")
    statement = "update outbox set key = :key where id = (select min(id) from outbox where topic = 'seat-events-v1')"
    async with told.spoiled("activities", statement, key=control) as machine:
        assert await invariants.some_are_never_announced(machine, told.story) == [f"{control} is in activities.outbox"]


async def test_a_referral_that_its_centre_does_not_know_is_found(told: Told) -> None:
    other = Story(told.story.catalogue, [request for request in told.story.requests if request.story != "control"])
    assert await invariants.centres_see_their_own(told.machine, other)


async def test_a_mail_that_was_sent_twice_is_found(told: Told) -> None:
    mails = told.machine.catcher.messages
    mails.append(mails[0])
    assert await invariants.one_mail_tells_of_each_notice(told.machine, told.story)
    mails.pop()


async def test_more_shown_than_shared_is_found(told: Told) -> None:
    request = told.story.requests[0]
    everything = " ".join(request.participant.contact().values())
    answers = {token: replace(each, shared_page=everything) for token, each in told.story.answers.items()}
    assert await invariants.people_see_what_is_shared(told.machine, replace(told.story, answers=answers))


def values_of_somebody(story: Story) -> list[str]:
    somebody = next(request for request in story.requests if request.over == "http")
    return [somebody.participant.pseudonym, somebody.participant.email.upper(), "mild_depression", "study_arm"]


async def test_a_personal_value_in_a_table_is_found_and_not_repeated(told: Told) -> None:
    for value in values_of_somebody(told.story):
        async with told.spoiled("coordinator", "update municipality set email = :value", value=value) as machine:
            [found] = await leaks.in_tables(machine, told.story)
            assert found.startswith("coordinator.municipality: ")
            assert value not in found


async def test_a_personal_value_or_an_answer_link_in_a_log_is_found(told: Told) -> None:
    log = told.machine.folder / "spoiled.log"
    for value in (told.story.requests[0].participant.pseudonym, next(iter(told.story.answers))):
        log.write_text(f"somebody wrote {value}")
        assert await leaks.in_the_open(told.machine, told.story) == ["spoiled.log: 1 times"]
    log.unlink()


async def test_a_personal_value_on_a_topic_is_found(told: Told) -> None:
    value = values_of_somebody(told.story)[0].encode()
    async with AIOKafkaProducer(bootstrap_servers=told.machine.kafka) as producer:
        await producer.send_and_wait("demand-events-v1", value, key=b"NO-5501", headers=[("ce_type", b"unknown")])
    assert await leaks.on_topics(told.machine, told.story) == ["demand-events-v1: 1 times"]
