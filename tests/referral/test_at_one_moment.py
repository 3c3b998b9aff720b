"""What comes at the same moment: neither is lost, though neither sees what the other has not committed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.referral import calls
from tests.referral.stories import state_of, withdraw
from tests.referral.test_erasing import erase, refer
from tests.support.builders import a_referral
from tests.support.service_testing import UnderTest
from tests.support.waiting import until

WAITING = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


@asynccontextmanager
async def held(monkeypatch: pytest.MonkeyPatch, name: str) -> AsyncIterator[asyncio.Event]:
    """Have a call stop once, after this function of it, until the context ends; the event tells that it has come."""
    came, may_go_on, function = asyncio.Event(), asyncio.Event(), getattr(calls, name)

    async def stopping(*given: Any) -> Any:  # noqa: ANN401 - whatever it takes and returns
        found = await function(*given)
        came.set()
        await may_go_on.wait()
        return found

    monkeypatch.setattr(calls, name, stopping)
    try:
        yield came
    finally:
        may_go_on.set()


async def done_or_waiting(referral: UnderTest, task: asyncio.Task[Any]) -> None:
    async def found() -> bool:
        return task.done() or bool(await referral.rows(WAITING))

    await until(found)


async def test_a_withdrawal_that_comes_while_its_request_is_stored_ends_it(
    referral: UnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with held(monkeypatch, "load_beforehand") as came:
        referring = asyncio.create_task(refer(referral))
        await came.wait()
        withdrawing = asyncio.create_task(withdraw(referral))
        await done_or_waiting(referral, withdrawing)
    await asyncio.gather(referring, withdrawing)

    assert (await state_of(referral))[0] == "withdrawn"


async def test_who_is_referred_again_while_their_only_referral_is_erased_keeps_what_they_gave(
    referral: UnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refer(referral, 1)
    async with held(monkeypatch, "_keep_contact") as came:
        referring = asyncio.create_task(refer(referral, 2, participant=a_referral(1)["participant"]))
        await came.wait()
        erasing = asyncio.create_task(erase(referral, 1))
        await done_or_waiting(referral, erasing)
    await asyncio.gather(referring, erasing)

    (row,) = await referral.rows("select contact is not null as is_reached from participant")
    assert row == {"is_reached": True}
