"""The activities service on a database of its own, driven without Kafka."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.activities.app import ActivitiesSettings, make
from services.runtime.issuer import Issuer
from services.runtime.process import Made
from services.runtime.service_tokens import from_issuer
from tests.conftest import MakeDatabase
from tests.support.service_testing import Clock, UnderTest, settings_for, under_test


@pytest.fixture
async def activities(database: MakeDatabase, tmp_path: Path) -> AsyncIterator[UnderTest]:
    settings = ActivitiesSettings(**settings_for(await database("activities")))

    def made(issuer: Issuer, clock: Clock) -> Made:
        tokens = from_issuer(issuer, "activities")
        return make(settings, verifier=issuer.verifier(), tokens=tokens, clock=clock)

    async with under_test(made, tmp_path) as service:
        yield service
