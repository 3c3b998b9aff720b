"""A referral service on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.referral.app import ReferralSettings, make
from services.runtime.issuer import Issuer
from services.runtime.process import Made
from services.runtime.service_tokens import from_issuer
from tests.conftest import MakeDatabase
from tests.support.service_testing import KEY, Clock, UnderTest, settings_for, under_test


@pytest.fixture
async def referral(database: MakeDatabase, tmp_path: Path) -> AsyncIterator[UnderTest]:
    """The referral service, on 12 March 2025 at noon UTC; nobody answers at the activities service's address."""
    url = await database("referral")

    def made(issuer: Issuer, clock: Clock) -> Made:
        own = settings_for(url, master_key=KEY, activities_url="http://127.0.0.1:1")
        return make(
            ReferralSettings(**own),
            verifier=issuer.verifier(),
            tokens=from_issuer(issuer, "referral"),
            clock=clock,
        )

    async with under_test(made, tmp_path) as service:
        yield service
