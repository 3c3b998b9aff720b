"""Waiting for what another task, process or server brings about. Never for time alone to pass."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar

T = TypeVar("T")


async def until(condition: Callable[[], T | Awaitable[T]], *, within: float = 90, every: float = 0.01) -> T:
    """Return what the condition gives as soon as it is true; TimeoutError after so many seconds.

    Looks `every` so many seconds: less often where to look costs the machine more than to wait.
    """
    async with asyncio.timeout(within):
        while True:
            found = condition()
            value: T = await found if isawaitable(found) else found
            if value:
                return value
            await asyncio.sleep(every)
