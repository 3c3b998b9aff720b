"""A real Apache Kafka for `tests/real`: the one that we are told of, or one of our own from `make kafka`."""

import os
import shutil
import signal
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from services.runtime.embedded.child import Child, free_port
from tests.support.needed import without

LIBRARIES = Path(__file__).parents[2] / ".kafka" / "libs"
JAVA = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=INFO")
CLUSTER = urlsafe_b64encode(b"motesplats-tests").decode().rstrip("=")  # 16 bytes, as Kafka wants them

START_SECONDS = 180
"""It takes three on an idle machine, and much longer on one that is busy with other things."""

SESSION_MS = 3_000
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{address},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://{advertised}
log.dirs={data}
auto.create.topics.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms={session_ms}
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


@asynccontextmanager
async def bootstrap(folder: Path, *, session_ms: int = SESSION_MS) -> AsyncIterator[str]:
    """Yield the bootstrap servers of an Apache Kafka; without one, skip or, where that is forbidden, fail."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    async with own_kafka(folder, session_ms=session_ms) as broker:
        yield broker.bootstrap_servers


def own_kafka(folder: Path, *, advertised: str | None = None, session_ms: int = SESSION_MS) -> "Kafka":
    """Return an Apache Kafka of our own, to be entered; without what it needs, skip or fail likewise.

    `advertised` is the address that clients are told, where that is not its own. On a machine that is far too busy
    for it, a broker that is not heard of for `session_ms` takes itself for dead, and knows no topic for a while.
    """
    java = shutil.which("java")
    if not LIBRARIES.is_dir():
        without("Kafka", "`make kafka` has not fetched an Apache Kafka, and KAFKA_BOOTSTRAP_SERVERS names none")
    if not java:
        without("Kafka", "there is no java to run Apache Kafka, and KAFKA_BOOTSTRAP_SERVERS names none")
    return Kafka(folder, java, advertised, session_ms)


class Kafka:
    """One KRaft node, broker and controller, with its data in a folder."""

    def __init__(self, folder: Path, java: str, advertised: str | None = None, session_ms: int = SESSION_MS) -> None:
        self.listens_at = f"127.0.0.1:{free_port()}"
        self.bootstrap_servers = advertised or self.listens_at
        self._log = folder / "kafka.log"
        self._java = (java, *JAVA, "-cp", f"{LIBRARIES}/*")
        self._properties = folder / "server.properties"
        self._properties.write_text(
            PROPERTIES.format(
                address=self.listens_at,
                advertised=self.bootstrap_servers,
                controller=free_port(),
                data=folder / "data",
                session_ms=session_ms,
            )
        )
        self._child: Child | None = None

    async def __aenter__(self) -> Self:
        await self._run("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", self._properties).succeeded()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._child:
            await self._child.end(signal.SIGTERM)

    async def restart(self) -> None:
        """Kill it and start it again."""
        await self.kill()
        await self.start()

    async def kill(self) -> None:
        """Kill it with SIGKILL."""
        if self._child:
            await self._child.end()

    async def start(self) -> None:
        """Start it, at the same address, with what it had on disk."""
        child = self._run("kafka.Kafka", self._properties)
        await child.started(lambda: child.said("Kafka Server started"), within=START_SECONDS)
        self._child = child

    def _run(self, *command: str | Path) -> Child:
        return Child([*self._java, *command], log=self._log, on_our_death=signal.SIGKILL)
