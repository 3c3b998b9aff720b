"""What can go wrong with processes, servers and connections while referrals are on their way."""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from time import monotonic
from typing import Final

from asyncpg import Connection, PostgresError, connect
from sqlalchemy import make_url, text

from services.runtime.embedded.tansu import Tansu
from tests.chaos.load import AWAY
from tests.chaos.platform import SERVICES
from tests.chaos.serve import CLOCK_OFF
from tests.chaos.world import World, scenario

TWO_HOURS: Final = 7200
LONG_FOR_A_DATABASE: Final = 8
"""Seconds after which every loop waits as long as it ever does. A lease must outlast it: here it is a short one."""
LONG_FOR_A_BROKER: Final = 15
"""Seconds after which a relay has given its producer up."""
_TERMINATE: Final = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where application_name like 'motesplats-%' and random() < 0.4"
)
_SLOW: Final = (
    """
    create or replace function slow() returns trigger language plpgsql as
    'begin perform pg_sleep(random() * 0.3); return null; end'
    """,
    "create or replace trigger slow before insert or update on inbox for each statement execute function slow()",
    "create or replace trigger slow before insert or update on outbox for each statement execute function slow()",
)
_FAST: Final = ("drop trigger if exists slow on inbox", "drop trigger if exists slow on outbox")


@scenario(least=0)
async def calm(world: World) -> None:
    """Nothing goes wrong."""
    await world.pause(1, 1)


@scenario()
async def kills(world: World) -> None:
    """A process of a service is killed every 2 to 5 seconds."""
    await world.pause(2, 5)
    instance = world.instance()
    await world.one_is_ready(instance.service)
    instance.send(signal.SIGKILL)
    world.tell(f"killed {instance.name}")


@scenario()
async def database_crashes(world: World) -> None:
    """PostgreSQL stops as in a crash and starts up to eight seconds later."""
    await world.pause(3, 7)
    await world.platform.postgres.stop("immediate")
    await world.pause(0, LONG_FOR_A_DATABASE)
    await world.platform.postgres.start()
    await world.recovers()
    world.tell("PostgreSQL crashed")


@scenario()
async def terminations(world: World) -> None:
    """Storms of pg_terminate_backend: ten times in three seconds, two of five connections are ended."""
    await world.pause(1, 4)
    for _ in range(10):
        with suppress(*AWAY):
            await world.platform.rows("referral", _TERMINATE)
        await asyncio.sleep(0.3)
    world.tell("a storm of terminations")


@scenario()
async def exhausted_connections(world: World) -> None:
    """Somebody takes all connections that PostgreSQL has left, and keeps them for five seconds."""
    await world.pause(2, 5)
    where = make_url(world.platform.postgres.url("postgres")).query["host"]
    taken: list[Connection] = []
    with suppress(PostgresError):
        while True:
            taken.append(await connect(host=where, port=5432, user="postgres", database="postgres"))
    for _ in range(3):  # those of the services that break are taken too
        with suppress(*AWAY):
            await taken[0].execute(_TERMINATE)
            while True:
                taken.append(await connect(host=where, port=5432, user="postgres", database="postgres"))
        await asyncio.sleep(1.7)
    await asyncio.gather(*(each.close() for each in taken), return_exceptions=True)
    world.tell(f"{len(taken)} connections taken")


@scenario()
async def long_transaction(world: World) -> None:
    """A transaction is held open in each database for a minute."""
    async with AsyncExitStack() as held:
        for name in SERVICES:
            connection = await held.enter_async_context(world.platform.engines[name].begin())
            await connection.execute(text("select pg_current_xact_id()"))
        await world.pause(60, 60)
    world.tell("a transaction was open for a minute")


@scenario()
async def slow_disk(world: World) -> None:
    """Each write to inbox and outbox takes up to 0.3 seconds longer, for ten seconds at a time."""
    await world.pause(1, 3)
    name = world.dice.choice(SERVICES)
    await world.platform.run(name, *_SLOW)
    await world.pause(8, 12)
    await world.platform.run(name, *_FAST)
    world.tell(f"the disk of {name} was slow")


@scenario()
async def broker_crashes(world: World) -> None:
    """The broker is killed and starts up to fifteen seconds later: Apache Kafka with what it had, Tansu empty."""
    await world.pause(5, 9)
    await world.platform.broker.kill()
    await world.pause(0, LONG_FOR_A_BROKER)
    await world.platform.start_broker()
    if isinstance(world.platform.broker, Tansu):
        await world.load.send_again()
    await world.recovers()
    world.tell("the broker crashed")


@scenario(proxied=True)
async def partitions(world: World) -> None:
    """A connection to the broker or to a database is cut, held, slow or half closed for one to five seconds."""
    await world.pause(1, 3)
    ways = {"the broker": world.platform.to_broker, **world.platform.to_database}
    name = world.dice.choice(list(ways))
    proxy = ways[name]
    assert proxy
    fault = world.dice.choice(["cut", "hold", "delay", "half_close"])
    if fault == "delay":
        proxy.delay(world.dice.uniform(0.05, 0.5))
    else:
        getattr(proxy, fault)()
    await world.pause(1, 5)
    proxy.mend()
    world.tell(f"{fault} to {name}")


@scenario()
async def rebalances(world: World) -> None:
    """Instances are stopped and started, so that partitions and lanes change hands."""
    await world.pause(1, 3)
    instance = world.instance()
    asked = monotonic()
    if await instance.stop() == -signal.SIGKILL:
        world.load.surprises.append(f"{instance.name} did not end when it was asked to")
    took = monotonic() - asked
    await world.pause(0, 3)
    instance.start()
    await instance.ready_again(within=180)
    world.tell(f"stopped {instance.name}, which took {took:.1f} s")


@scenario()
async def freezes(world: World) -> None:
    """A process stands still for three to eight seconds, with all that it holds, and then goes on."""
    await world.pause(1, 3)
    instance = world.instance()
    instance.send(signal.SIGSTOP)
    await world.pause(3, 8)
    instance.send(signal.SIGCONT)
    world.tell(f"froze {instance.name}")


@scenario()
async def clock_off(world: World) -> None:
    """The clock of one instance of each service is two hours ahead or behind."""
    if not world.done:
        for name in SERVICES:
            instance = world.instance(name)
            seconds = world.dice.choice([-TWO_HOURS, TWO_HOURS])
            instance.environment = {**instance.environment, CLOCK_OFF: str(seconds)}
            instance.send(signal.SIGTERM)
            world.tell(f"the clock of {instance.name} is off by {seconds} s")
    await world.pause(1, 1)


@scenario()
async def mail_trouble(world: World) -> None:
    """The mail server hangs, says later, takes mail and hangs up before it says so, or is away."""
    await world.pause(1, 3)
    mail = world.platform.mail
    mood = world.dice.choice(["hangs", "says later", "hangs up", "is away"])
    if mood == "is away":
        await mail.stop()
        await world.pause(1, 4)
        await mail.start()
    else:
        mail.mood = mood
        await world.pause(1, 4)
        mail.mood = "takes"
    world.tell(f"the mail server {mood}")
