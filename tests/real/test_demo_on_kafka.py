"""The demo's journey on Apache Kafka: the same story, the same invariants, the broker of production."""

from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from rich.console import Console

from schemas import topics
from services.demo.referrals import CENTRES
from services.demo.run import play
from services.demo.telling import Telling

pytestmark = pytest.mark.real
SEED = 2
REFERRALS = 60


async def without_earlier_stories(servers: str) -> None:
    """Delete our topics: a broker that outlives the tests would bring the requests of the last run again."""
    ours = {topic.name for topic in topics.of_one_machine(centre.id for centre in CENTRES)}
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        there = ours & set(await admin.list_topics())
        if there:
            await admin.delete_topics(list(there))
    finally:
        await admin.close()


async def test_every_promise_of_the_demo_holds_on_apache_kafka(kafka: str, tmp_path: Path) -> None:
    await without_earlier_stories(kafka)
    telling = Telling(Console(quiet=True))
    outcome = await play(tmp_path, seed=SEED, count=REFERRALS, telling=telling, kafka=kafka)
    assert {sentence: breaches for sentence, breaches in outcome.broken.items() if breaches} == {}
    assert len(outcome.broken) >= 18
    assert outcome.requests == REFERRALS
    assert outcome.answers.keys() == {"accept", "decline", "silence"}
