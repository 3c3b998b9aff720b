"""A process of its own that sends what is due at a time, once; its arguments are the time and the issuer's folder."""

import sys
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import uvloop

from services.coordinator.app import CoordinatorSettings, make
from services.runtime.issuer import Issuer
from services.runtime.service_tokens import from_issuer


async def main(now: datetime, folder: Path) -> None:
    """Make the service of the environment and let its notifier do one step."""
    issuer = Issuer(folder, bind="127.0.0.1")
    made = make(CoordinatorSettings(), verifier=issuer.verifier(), tokens=from_issuer(issuer, "coordinator"))
    async with AsyncExitStack() as stack:
        for resource in made.service._kept:
            await stack.enter_async_context(resource)
        (step,) = [loop.step for loop in made.service._loops if loop.name == "notifier"]
        await step(now)
    await made.service.engine.dispose()


if __name__ == "__main__":
    uvloop.run(main(datetime.fromisoformat(sys.argv[1]), Path(sys.argv[2])))
