"""The three services as in production, a process each, on the embedded components; mails go to a sink."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from typing import Any

import httpx
from sqlalchemy import text

from bench.issuer import BenchIssuer
from bench.machine import KEY, machine
from bench.sink import Sink
from schemas import topics
from services.activities.importing import Import
from services.demo.catalogue import catalogue
from services.demo.municipalities import MUNICIPALITIES
from services.demo.referrals import CENTRES
from services.runtime import migrations
from services.runtime.broker import create_topics
from services.runtime.connection import Database
from services.runtime.embedded.child import free_port
from services.runtime.settings import Settings
from services.runtime.transaction import transaction, utc_now
from services.runtime.web import server

SERVICES = ("referral", "activities", "coordinator")
HOST = "127.0.0.1"
SEED = 1
OFTEN, SELDOM = 0.03, 1.0
"""Seconds between two looks: to count is work for the database that is measured."""
PRODUCTION = "services.{}.app:create_app"
MAIL_FROM = "motesplats@mote.example"


@dataclass
class Platform:
    """What runs, and how to reach it."""

    kafka: str
    issuer: BenchIssuer
    urls: dict[str, str]
    engines: dict[str, Database] = field(default_factory=dict)
    mails: dict[str, float] = field(default_factory=dict)
    """When the sink took the mail with this Message-ID, on `perf_counter`."""
    settings: dict[str, Settings] = field(default_factory=dict)
    """How each service reaches its database and the broker."""
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def count(self, service: str, query: str) -> int:
        """Return the number that the query gives."""
        async with self.engines[service].connect() as connection:
            return int(await connection.scalar(text(query)) or 0)

    async def until(self, service: str, query: str, number: int, *, within: float = 300) -> None:
        """Return when the query gives at least the number.

        It is asked seldom as long as half of what is left would take that long at the fastest pace seen so far, which
        is that of the end, and often when it is near: asking costs, and asking too late is measured as slowness.
        """
        async with asyncio.timeout(within):
            at, count, fastest = perf_counter(), await self.count(service, query), 0.0
            while count < number:
                left = (number - count) / fastest if fastest else 0.0
                await asyncio.sleep(min(SELDOM, max(OFTEN, left / 2)))
                before, since = count, at
                at, count = perf_counter(), await self.count(service, query)
                fastest = max(fastest, (count - before) / (at - since))


@asynccontextmanager
async def platform(
    own_broker: str | None = None, factory: str = PRODUCTION, postgres_settings: Mapping[str, str] | None = None
) -> AsyncIterator[Platform]:
    """Start everything, with the demo's catalogue in which nothing is full and everybody can be reached.

    `own_broker` is where an Apache Kafka listens that takes the place of Tansu; `factory` is what uvicorn serves;
    `postgres_settings` are PostgreSQL's beside those of the embedded mode.
    """
    async with AsyncExitStack() as stack:
        postgres, tansu = await stack.enter_async_context(machine(postgres_settings))
        kafka = own_broker or tansu.bootstrap_servers
        issuer = BenchIssuer(f"http://{HOST}:{free_port()}")
        urls = {name: f"http://{HOST}:{free_port()}" for name in SERVICES}
        made = Platform(kafka, issuer, urls)
        web = server(issuer.app, host=HOST, port=int(issuer.url.rsplit(":", 1)[1]))
        serving = asyncio.create_task(web._serve())  # noqa: SLF001 - `serve` would take the signals
        sink = await asyncio.get_running_loop().create_server(lambda: Sink(made.mails.__setitem__), HOST, 0)
        databases = await postgres.databases(*SERVICES)
        shared = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "KAFKA_BROKER": "kafka" if own_broker else "tansu",
            "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
            "PUBLIC_URL": "https://motesplats.example",
            "OIDC_ISSUER": issuer.url,
            "SERVICE_CLIENT_SECRET": "bench",
            **dict.fromkeys(("SERVICE_KEY", "MASTER_KEY", "LINK_KEY"), KEY),
            "REFERRAL_URL": urls["referral"],
            "ACTIVITIES_URL": urls["activities"],
            "SMTP_HOST": HOST,
            "SMTP_PORT": str(sink.sockets[0].getsockname()[1]),
            "SMTP_TLS": "none",
            "MAIL_FROM": MAIL_FROM,
            "NOTICES_PER_HOUR": "1000000",
        }
        given = {
            name: {f"MOTESPLATS_{key}": value for key, value in shared.items()}
            | {"MOTESPLATS_DATABASE_URL": databases[name], "MOTESPLATS_METRICS_PORT": str(free_port())}
            for name in SERVICES
        }
        made.settings = {
            service: Settings.model_validate(
                {name.removeprefix("MOTESPLATS_").lower(): value for name, value in environment.items()}
            )
            for service, environment in given.items()
        }
        centres = [centre.id for centre in CENTRES]
        await create_topics(made.settings["referral"], topics.of_one_machine(centres), replication=1)
        for name in SERVICES:
            await migrations.upgrade(databases[name], name)
            made.engines[name] = Database(databases[name])
            stack.push_async_callback(made.engines[name].dispose)
        stack.push_async_callback(_stop, made.processes)
        for name in SERVICES:
            made.processes[name] = await _start(factory.format(name), urls[name], given[name])
        await _ready(urls)
        await _fill(made)
        try:
            yield made
        finally:
            await _stop(made.processes)
            sink.close()
            web.should_exit = True
            await serving


async def _start(factory: str, url: str, given: dict[str, str]) -> asyncio.subprocess.Process:
    port = url.rsplit(":", 1)[1]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", "--factory", factory),
        *("--host", HOST, "--port", port, "--no-access-log", "--log-level", "warning"),
        env={**os.environ, **given},
    )


async def _stop(processes: Mapping[str, asyncio.subprocess.Process]) -> None:
    for process in processes.values():
        if process.returncode is None:
            process.terminate()
    for process in processes.values():
        await process.wait()


async def _ready(urls: dict[str, str]) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        for name, url in urls.items():
            while True:
                try:
                    if (await client.get(f"{url}/{name}/health/ready")).status_code == httpx.codes.OK:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)


async def _fill(made: Platform) -> None:
    """Import the catalogue and wait until all know it."""
    found = catalogue(SEED, date.today())  # noqa: DTZ011 - the catalogue's dates are local
    for contact in found.contacts:
        contact["email"] = contact["email"] or "function@mote.example"
    for activity in found.activities:
        activity["seats"]["maximum"] = None
        activity["contact_id"] = activity["contact_id"] or found.contacts[0]["contact_id"]
    for kind, lines in (("contacts", found.contacts), ("activities", found.activities)):
        importing = Import(lambda: transaction(made.engines["activities"], 1, utc_now()), lambda *_: None)
        numbered = enumerate((json.dumps(line).encode() for line in lines), start=1)
        summary = await getattr(importing, kind)(numbered)
        assert summary.created == len(lines)
    await made.until("coordinator", "select count(*) from contact_function", len(found.contacts))
    async with httpx.AsyncClient(base_url=made.urls["coordinator"]) as client:
        for municipality in MUNICIPALITIES:
            token = made.issuer.token("coordinator", municipality=municipality.code)
            answer = await client.put(
                f"/coordinator/municipalities/{municipality.code}",
                json={"email": "coordinator@mote.example", "language": "nb"},
                headers={"authorization": f"Bearer {token}"},
            )
            answer.raise_for_status()


def requests(count: int, seed: int = SEED) -> list[dict[str, Any]]:
    """Return plain requests with policy `best_match` and consent in force."""
    from services.demo.referrals import referrals  # noqa: PLC0415 - a long import that only a load needs

    today = date.today()  # noqa: DTZ011 - dates of consent are local
    return [
        request.body for request in referrals(seed, count, today, policies=("best_match",), stories=(), over=("kafka",))
    ]
