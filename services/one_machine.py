"""Everything on one machine: servers from wheels, three services in this process, one port. Never production."""

import asyncio
import fcntl
import json
import os
import secrets
import shutil
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from schemas import topics
from services.activities import app as activities
from services.coordinator import app as coordinator
from services.referral import app as referral
from services.runtime import logs, migrations, parking
from services.runtime.broker import create_topics, group_of, members_of
from services.runtime.due import SENT_KEPT
from services.runtime.embedded.child import CannotStart, free_port, until
from services.runtime.embedded.mail import MailCatcher
from services.runtime.embedded.mail_page import mail_page
from services.runtime.embedded.postgres import Postgres
from services.runtime.embedded.tansu import Tansu
from services.runtime.issuer import ISSUER, Issuer
from services.runtime.pages import environment, layout
from services.runtime.process import Made, Make
from services.runtime.service_tokens import from_issuer
from services.runtime.settings import KEY_BYTES, Settings
from services.runtime.sign_in import Identity, sign_in_app
from services.runtime.telemetry import name_of
from services.runtime.transaction import utc_now
from services.runtime.web import one_port, server

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
PAGES = environment(Path(__file__).parent / "templates")
SERVICES: Mapping[str, tuple[type[Settings], Make[Any]]] = {
    "referral": (referral.ReferralSettings, referral.make),
    "activities": (activities.ActivitiesSettings, activities.make),
    "coordinator": (coordinator.CoordinatorSettings, coordinator.make),
}
LOOK_SECONDS = 0.3
REJOIN_SECONDS = 20
KEYS = ("service_key", "master_key", "link_key")
Clock = Callable[[], datetime]


@dataclass
class OneMachine:
    """What runs, and how to reach it."""

    folder: Path
    postgres: Postgres
    tansu: Tansu | None
    """None where the events travel on a Kafka that is there already."""
    kafka: str
    catcher: MailCatcher
    issuer: Issuer
    url: str
    centres: Sequence[str]
    made: dict[str, Made] = field(default_factory=dict)
    settings: dict[str, Settings] = field(default_factory=dict)

    async def create_topics(self) -> None:
        """Make the topics that are missing, also those of the health centres."""
        wanted = topics.of_one_machine(self.centres)
        await create_topics(self.settings["referral"], wanted, replication=1)

    async def announce_again(self) -> None:
        """Have every service send again what a broker that forgets should still have; repeats are no-ops."""
        for made in self.made.values():
            await parking.announce_again(made.service.engine, made.service.clock() - SENT_KEPT)
            made.service.wake()

    async def restart_broker(self) -> None:
        """Start the embedded broker anew, empty, under the running services, and fill it again.

        Nothing is sent before it has its topics, for it takes events for topics that it has not, and before every
        consumer has noticed: one that reads on from where it was in the old broker would meet the last events first.
        """
        if self.tansu is None:
            raise CannotStart("The broker is not ours to restart.")
        await self.tansu.kill()
        async with AsyncExitStack() as waiting:
            for made in self.made.values():
                since = made.service.clock() - SENT_KEPT
                await waiting.enter_async_context(parking.announcing_again(made.service.engine, since))
            await self.tansu.start()
            await self.create_topics()
            await self._everybody_reads(within=REJOIN_SECONDS)
        for made in self.made.values():
            made.service.wake()

    async def _everybody_reads(self, *, within: float) -> None:
        groups = [group_of(name) for name in self.made]
        groups += [group_of(n, requests=True) for n, made in self.made.items() if made.service.request_pattern]
        try:
            async with asyncio.timeout(within):
                while not all(await members_of(self.settings["referral"], groups)):  # noqa: ASYNC110 - see broker
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            log.warning("somebody_does_not_read", count=len(groups))

    async def watch_broker(self) -> None:
        """Start the embedded broker again whenever it dies; for ever."""
        is_down = False
        while self.tansu:
            await asyncio.sleep(LOOK_SECONDS)
            if is_down or self.tansu.has_died():
                log.warning("broker_died")
                try:
                    await self.restart_broker()
                    is_down = False
                except (CannotStart, KafkaError, OSError) as error:
                    log.warning("broker_cannot_start", error=name_of(error))
                    is_down = True


@asynccontextmanager
async def one_machine(
    folder: Path,
    *,
    port: int = 0,
    centres: Sequence[str] = (),
    identities: Sequence[Identity] = (),
    answer_seconds: float | None = None,
    kafka: str | None = None,
    clock: Clock = utc_now,
    tell: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[OneMachine]:
    """Run everything within this context, its data below the folder; port 0 is a free one.

    With `answer_seconds` an invitation expires after so long instead of after working days. With `kafka`, the
    address of an Apache Kafka without TLS, events travel there instead of on a broker of our own.
    """
    port = port or free_port()
    _refuse_taken(port)
    async with AsyncExitStack() as stack:
        tell("Starting PostgreSQL, a Kafka broker and a mail catcher ...")
        postgres = await stack.enter_async_context(Postgres(folder / "postgres"))
        tansu = None if kafka else await stack.enter_async_context(Tansu(folder / "tansu.log"))
        catcher = await stack.enter_async_context(MailCatcher())
        issuer = Issuer(folder, bind=HOST)
        servers = tansu.bootstrap_servers if tansu else kafka or ""
        machine = OneMachine(folder, postgres, tansu, servers, catcher, issuer, f"http://{HOST}:{port}", centres)
        given = _environment(machine, await postgres.databases(*SERVICES), _kept_keys(folder), answer_seconds)
        tell("Preparing the databases and the topics ...")
        for name, (settings_class, make) in SERVICES.items():
            await migrations.upgrade(given[name]["MOTESPLATS_DATABASE_URL"], name)
            settings = machine.settings[name] = _settings(settings_class, given[name])
            made = make(settings, verifier=issuer.verifier(), tokens=from_issuer(issuer, name), clock=clock)
            machine.made[name] = made
            stack.callback(_write_environment(folder / f"{name}.env", given[name]).unlink)
        await machine.create_topics()
        await machine.announce_again()
        tell("Starting the three services ...")
        web = _web(machine, identities, port)
        stack.push_async_callback(_stop_web, web, asyncio.create_task(web._serve()))  # noqa: SLF001 - `serve` takes the signals
        async with asyncio.TaskGroup() as starting:
            for made in machine.made.values():
                starting.create_task(_enter(stack, made))
        await until(lambda: web.started, within=30)
        watching = asyncio.create_task(machine.watch_broker())
        stack.callback(watching.cancel)
        yield machine


def start_afresh(folder: Path) -> None:
    """Forget databases and logs of earlier runs in the folder; CannotStart while one runs."""
    data = folder / "postgres"
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Something runs in {folder} already. Stop it first.") from None
        shutil.rmtree(data)
    for file in folder.glob("*.log"):
        file.unlink()


@contextmanager
def logging_into(folder: Path) -> Iterator[Path]:
    """Have this process log into a file of the folder within this context; gives the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "motesplats.log"
    with file.open("a", encoding="utf-8") as stream:
        logs.configure(stream=stream, readable=False)
        try:
            yield file
        finally:
            logs.configure()


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise CannotStart(f"Port {port} is taken. Say another one with --port.") from None


async def _enter(stack: AsyncExitStack, made: Made) -> None:
    await stack.enter_async_context(made.service.running())


def _web(machine: OneMachine, identities: Sequence[Identity], port: int) -> uvicorn.Server:
    front = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    front.mount("/mails", mail_page(machine.catcher))

    @front.get("/")
    async def home(_request: Request) -> Response:
        page = PAGES.get_template("home.html").render(**layout("sign-in", "en"))
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    apps = [made.web for made in machine.made.values()]
    return server(one_port(front, sign_in_app(machine.issuer, identities), *apps), host=HOST, port=port)


async def _stop_web(web: uvicorn.Server, serving: Awaitable[None]) -> None:
    web.should_exit = True
    await serving


def _environment(
    machine: OneMachine, urls: Mapping[str, str], keys: Mapping[str, str], answer_seconds: float | None
) -> dict[str, dict[str, str]]:
    """Return what each service is told, by the names that production uses."""
    shared = {
        "KAFKA_BOOTSTRAP_SERVERS": machine.kafka,
        "KAFKA_BROKER": "tansu" if machine.tansu else "kafka",
        "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "PUBLIC_URL": machine.url,
        "OIDC_ISSUER": ISSUER,
        "SERVICE_KEY": keys["service_key"],
        "MASTER_KEY": keys["master_key"],
        "LINK_KEY": keys["link_key"],
        "REFERRAL_URL": machine.url,
        "ACTIVITIES_URL": machine.url,
        "SMTP_HOST": machine.catcher.host,
        "SMTP_PORT": str(machine.catcher.port),
        "SMTP_TLS": "none",
        "MAIL_FROM": "motesplats@mote.example",
        # Working days pass in seconds then, and an hour in no time.
        **({} if answer_seconds is None else {"ANSWER_SECONDS": str(answer_seconds), "NOTICES_PER_HOUR": "1000"}),
    }
    return {
        name: {f"MOTESPLATS_{key}": value for key, value in {**shared, "DATABASE_URL": url}.items()}
        for name, url in urls.items()
    }


def _settings(settings_class: type[Settings], given: Mapping[str, str]) -> Settings:
    """Return the settings from what is given alone, whatever the environment of this process says."""
    values = {name.removeprefix("MOTESPLATS_").lower(): value for name, value in given.items()}
    return settings_class.model_validate({name: values[name] for name in settings_class.model_fields if name in values})


def _write_environment(file: Path, given: Mapping[str, str]) -> Path:
    """Write how to reach a service's parts while it runs, for the commands of operators; ours alone to read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        written.writelines(f"{name}={value}\n" for name, value in given.items())
    return file


def _kept_keys(folder: Path) -> dict[str, str]:
    """Return the keys of this folder's data, made at its first use and readable for us alone."""
    file = folder / "keys.json"
    if not file.exists():
        made = {name: b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in KEYS}
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
            json.dump(made, written)
    keys: dict[str, str] = json.loads(file.read_text())
    return keys
