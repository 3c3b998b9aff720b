"""All that a run of chaos runs on: servers, proxies in between, two instances of each service. Breaks nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

import httpx
from sqlalchemy import make_url, text

from bench.issuer import BenchIssuer
from bench.machine import KEY
from schemas import topics
from schemas.topics import Topic
from services.activities.importing import Import
from services.demo.catalogue import Catalogue, catalogue
from services.demo.municipalities import MUNICIPALITIES
from services.demo.referrals import CENTRES
from services.runtime import migrations
from services.runtime.broker import create_topics, group_of, members_of
from services.runtime.connection import Database
from services.runtime.due import SENT_KEPT
from services.runtime.embedded.child import free_port
from services.runtime.embedded.postgres import Postgres
from services.runtime.embedded.tansu import Tansu
from services.runtime.parking import announcing_again
from services.runtime.settings import Settings
from services.runtime.transaction import transaction, utc_now
from services.runtime.web import server
from tests.chaos.instances import HOST, LOOK_SECONDS, Instance
from tests.chaos.mail_server import MailServer
from tests.chaos.proxy import Proxy
from tests.chaos.serve import LEASE
from tests.support.kafka import Kafka, own_kafka
from tests.support.waiting import until

SERVICES: Final = ("referral", "activities", "coordinator")
INSTANCES: Final = 2
PARTITIONS: Final = 4
ANSWER_SECONDS: Final = 8
REJOIN_SECONDS: Final = 300.0
"""Within which everybody reads from a broker that came back empty: who does not is started again, after two minutes."""
LEASE_SECONDS: Final = 60
"""Longer than asking for consent and handing mails over may take, also on a machine that is busy."""
CATALOGUE_SEED: Final = 1
SOCKET: Final = ".s.PGSQL.5432"
BrokerName = Literal["kafka", "tansu"]

WITNESS: Final = (
    """
    create table witness (
      number bigint generated always as identity primary key,
      identity bytea not null,
      brought_at timestamptz,
      handled_at timestamptz not null default clock_timestamp(),
      transaction bigint not null default pg_current_xact_id()::text::bigint
    )
    """,
    "create index on witness (brought_at)",
    """
    create function testify() returns trigger language plpgsql as
    'begin
       insert into witness (identity, brought_at)
       values (new.identity, case when new.topic <> '''' then new.landed_at end);
       return null;
     end'
    """,
    """
    create trigger witness after insert or update on inbox
    for each row when (new.state = 'handled') execute function testify()
    """,
)
"""Sees every event that is handled, in the order of the transactions, whatever the service believes.

`brought_at` is when the broker had brought it; nothing for what time brought, which needs no broker.
"""


@dataclass
class Platform:
    """What runs, and how to reach it."""

    folder: Path
    postgres: Postgres
    broker: Tansu | Kafka
    issuer: BenchIssuer
    mail: MailServer
    catalogue: Catalogue
    urls: dict[str, str]
    """Where people reach each service, whichever instance answers."""
    settings: Settings
    instances: list[Instance] = field(default_factory=list)
    engines: dict[str, Database] = field(default_factory=dict)
    to_broker: Proxy | None = None
    to_database: dict[str, Proxy] = field(default_factory=dict)

    async def rows(self, service: str, query: str, **parameters: object) -> list[Any]:
        """Return what the query finds in the service's database."""
        async with self.engines[service].connect() as connection:
            return list((await connection.execute(text(query), parameters)).all())

    async def handled(self, service: str) -> int:
        """Return how many events the service has handled."""
        return int((await self.rows(service, "select coalesce(max(number), 0) as n from witness"))[0].n)

    async def flowed_at(self, service: str, since: datetime) -> datetime | None:
        """Return when the service handled the first of what the broker brought since then; None if it has not."""
        query = "select min(handled_at) as flowed_at from witness where brought_at > :since"
        [row] = await self.rows(service, query, since=since)
        found: datetime | None = row.flowed_at
        return found

    async def run(self, service: str, *statements: str) -> None:
        """Change the service's database behind its back."""
        async with self.engines[service].begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    async def create_topics(self) -> None:
        """Make the topics that are missing."""
        await create_topics(self.settings, topics_of_a_run(), replication=1)

    async def start_broker(self) -> None:
        """Start the broker that was killed; one that forgets gets its topics, and all that was announced, again."""
        if not isinstance(self.broker, Tansu):
            await self.broker.start()
            return
        async with AsyncExitStack() as waiting:
            for engine in self.engines.values():
                await waiting.enter_async_context(announcing_again(engine, utc_now() - SENT_KEPT))
            await self.broker.start()
            await self.create_topics()
            await until(self._everybody_reads, within=REJOIN_SECONDS, every=LOOK_SECONDS)

    async def _everybody_reads(self) -> bool:
        groups = [*map(group_of, SERVICES), group_of("referral", requests=True)]
        return min(await members_of(self.settings, groups)) >= len(self.instances) // len(SERVICES)

    async def everybody_is_ready(self, *, within: float = 240) -> None:
        """Return when every instance that should run says that it can work."""

        async def ready() -> bool:
            return all([await each.is_ready() for each in self.instances if each.wanted])

        await until(ready, within=within, every=LOOK_SECONDS)


def topics_of_a_run() -> Iterable[Topic]:
    yield from (replace(topic, partitions=PARTITIONS) for topic in topics.OURS)
    yield from topics.of_centres(centre.id for centre in CENTRES)


@asynccontextmanager
async def platform(
    folder: Path, broker_name: BrokerName, *, proxied: bool, instances: int = INSTANCES
) -> AsyncIterator[Platform]:
    """Run everything within this context, its data in the folder; `proxied` puts what can break in between."""
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(Postgres(folder / "pg", settings={"max_connections": "100"}))
        proxy_port = free_port()
        advertised = f"{HOST}:{proxy_port}" if proxied else None
        own = (
            Tansu(folder / "tansu.log", advertised=advertised)
            if broker_name == "tansu"
            else own_kafka(folder, advertised=advertised)
        )
        to_broker = None
        if proxied:
            to_broker = await stack.enter_async_context(Proxy(proxy_port, _port(own.listens_at)))
        broker = await stack.enter_async_context(own)
        mail = await stack.enter_async_context(MailServer())
        issuer = await stack.enter_async_context(_issuer())
        urls = {}
        today = date.today()  # noqa: DTZ011 - the catalogue's dates are local
        made = Platform(
            folder=folder,
            postgres=postgres,
            broker=broker,
            issuer=issuer,
            mail=mail,
            catalogue=catalogue(CATALOGUE_SEED, today),
            urls=urls,
            settings=_settings(broker, broker_name),
            to_broker=to_broker,
        )
        databases = await postgres.databases(*SERVICES)
        for name in SERVICES:
            await migrations.upgrade(databases[name], name)
            made.engines[name] = Database(databases[name])
            await made.run(name, *WITNESS)
            ports = [free_port() for _ in range(instances)]
            front = free_port()
            await stack.enter_async_context(Proxy(front, *ports))
            urls[name] = f"http://{HOST}:{front}"
            made.instances += [
                Instance(name, number, port, {}, folder / f"{name}-{number}.log")
                for number, port in enumerate(ports, start=1)
            ]
            if proxied:
                databases[name] = await _through_proxy(stack, made, name, databases[name])
        for instance in made.instances:
            instance.environment = _environment(made, broker_name, instance, databases[instance.service])
        await made.create_topics()
        stack.push_async_callback(_stop, made.instances)
        await import_catalogue(made)
        for instance in made.instances:
            instance.start()
        await made.everybody_is_ready()
        await _introduce_coordinators(made)
        yield made


async def import_catalogue(made: Platform) -> None:
    """Import the demo's catalogue; what is there already stays as it is."""
    for kind in ("contacts", "activities"):
        importing = Import(lambda: transaction(made.engines["activities"], 1, utc_now()), lambda *_: None)
        lines = (json.dumps(line).encode() for line in getattr(made.catalogue, kind))
        await getattr(importing, kind)(enumerate(lines, start=1))


async def _introduce_coordinators(made: Platform) -> None:
    token = made.issuer.token("operator")
    async with httpx.AsyncClient(
        base_url=made.urls["coordinator"], headers={"authorization": f"Bearer {token}"}
    ) as http:
        for municipality in MUNICIPALITIES:
            body = {"email": "coordinator@mote.example", "language": "nb"}
            (await http.put(f"/coordinator/municipalities/{municipality.code}", json=body)).raise_for_status()


@asynccontextmanager
async def _issuer() -> AsyncIterator[BenchIssuer]:
    port = free_port()
    issuer = BenchIssuer(f"http://{HOST}:{port}")
    web = server(issuer.app, host=HOST, port=port)
    serving = asyncio.create_task(web._serve())
    await until(lambda: web.started)
    yield issuer
    web.should_exit = True
    await serving


async def _through_proxy(stack: AsyncExitStack, made: Platform, name: str, url: str) -> str:
    folder = made.folder / f"db-{name}"
    folder.mkdir()
    behind = str(make_url(url).query["host"])
    made.to_database[name] = await stack.enter_async_context(Proxy(folder / SOCKET, Path(behind) / SOCKET))
    return make_url(url).update_query_dict({"host": str(folder)}).render_as_string()


async def _stop(instances: Iterable[Instance]) -> None:
    await asyncio.gather(*(instance.stop() for instance in instances))


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _settings(broker: Tansu | Kafka, broker_name: BrokerName) -> Settings:
    return Settings(
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        kafka_bootstrap_servers=broker.bootstrap_servers,
        kafka_broker=broker_name,
        kafka_security_protocol="PLAINTEXT",
        service_key=KEY,
        public_url=f"http://{HOST}",
        oidc_issuer="urn:nobody",
    )


def _environment(made: Platform, broker_name: BrokerName, instance: Instance, database: str) -> Mapping[str, str]:
    told = {
        "DATABASE_URL": database,
        "KAFKA_BOOTSTRAP_SERVERS": made.broker.bootstrap_servers,
        "KAFKA_BROKER": broker_name,
        "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "INSTANCE": str(instance.number),
        "PUBLIC_URL": made.urls["coordinator"],
        "OIDC_ISSUER": made.issuer.url,
        "SERVICE_CLIENT_ID": instance.service,
        "SERVICE_CLIENT_SECRET": "chaos",
        **dict.fromkeys(("SERVICE_KEY", "MASTER_KEY", "LINK_KEY"), KEY),
        "REFERRAL_URL": made.urls["referral"],
        "ACTIVITIES_URL": made.urls["activities"],
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(made.mail.port),
        "SMTP_TLS": "none",
        "NOTICES_PER_HOUR": "1000000",
        "MAIL_FROM": "motesplats@mote.example",
        "ANSWER_SECONDS": str(ANSWER_SECONDS),
        "METRICS_PORT": str(free_port()),
    }
    return {f"MOTESPLATS_{name}": value for name, value in told.items()} | {LEASE: str(LEASE_SECONDS)}
