"""How many notices a second one process hands over: leased, written, sent, recorded; the mail server is a sink."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from sqlalchemy import text

from bench.figures import Figures, figure, median
from bench.machine import KEY
from bench.sink import Sink
from services.coordinator.app import CoordinatorSettings, make
from services.coordinator.sending import Notices
from services.coordinator.store.work import Work
from services.runtime import migrations
from services.runtime.embedded.postgres import Postgres
from services.runtime.issuer import Issuer
from services.runtime.service import Service
from services.runtime.service_tokens import from_issuer
from services.runtime.transaction import utc_now

HOST = "127.0.0.1"
NOTICES, FUNCTIONS, RUNS = 6_000, 400, 3
CONNECTIONS = 4
ABOUT = {
    "activity_name": "Tur i Folkeparken",
    "organiser_name": "Tromsø kommune",
    "place_name": "Folkeparken",
    "address": "Conrad Holmboes veg",
    "mode": "place",
    "sessions": [{"day": "mon", "from": "10:00", "to": "12:00", "every_weeks": 1, "first_on": None, "last_on": None}],
}
_CONTACTS = text(
    "insert into contact_function (contact_id, sequence, municipality, name, email, language) "
    "select md5(n::text)::uuid, '00000100000000000001', 'NO-5501', 'Function ' || n, 'f' || n || '@mote.example', 'nb' "
    "from generate_series(1, :functions) n"
)
_REFERRALS = text(
    "insert into referral (referral_id, ended_choice, ended) "
    "select md5(:run || '-' || n)::uuid, 0, false from generate_series(1, :notices) n"
)
_INVITATIONS = text(
    "insert into invitation (referral_id, choice, activity_id, municipality, about, reserved_at, contact_id, state, "
    "since, notice_at) select md5(:run || '-' || n)::uuid, 1, md5((n % :functions + 1)::text)::uuid, 'NO-5501', "
    "jsonb_set(cast(:about as jsonb), '{activity_name}', to_jsonb('Tur ' || n % :functions)), :now, "
    "md5((n % :functions + 1)::text)::uuid, 'reserved', :now, :now from generate_series(1, :notices) n"
)


class Consenting:
    """Stands in for the referral service: everybody's consent is in force."""

    async def consents_in_force(self, referral_ids: Sequence[uuid.UUID]) -> frozenset[uuid.UUID]:
        """Return all of them."""
        return frozenset(referral_ids)


async def measure() -> Figures:
    """Return `notices_per_s`, the median of some runs of one process."""
    taken: dict[str, float] = {}
    sink = await asyncio.get_running_loop().create_server(lambda: Sink(taken.__setitem__), HOST, 0)
    with TemporaryDirectory(prefix="motesplats-bench-") as folder:
        async with Postgres(Path(folder) / "pg") as postgres, AsyncExitStack() as stack:
            url = (await postgres.databases("coordinator"))["coordinator"]
            await migrations.upgrade(url, "coordinator")
            issuer = Issuer(Path(folder), bind=HOST)
            settings = _settings(url, sink.sockets[0].getsockname()[1])
            made = make(settings, verifier=issuer.verifier(), tokens=from_issuer(issuer, "coordinator"))
            for resource in made.service._kept:  # noqa: SLF001 - only the notifier runs
                await stack.enter_async_context(resource)
            (step,) = [loop.step for loop in made.service._loops if loop.name == "notifier"]  # noqa: SLF001 - as above
            notices: Notices = replace(step.__self__, referrals=Consenting())  # type: ignore[attr-defined]  # a bound method
            rates = [await _run(made.service, notices, run) for run in range(RUNS)]
            await made.service.engine.dispose()
    sink.close()
    assert len(taken) == NOTICES * RUNS
    of = {
        "notices": NOTICES,
        "functions": FUNCTIONS,
        "connections": CONNECTIONS,
        "runs": RUNS,
        "parts": "text, HTML, calendar",
        "consents": "answered in the process",
    }
    return {"notices_per_s": figure(median(rates), "notices/s", **of)}


async def _run(service: Service[Work], notices: Notices, run: int) -> float:
    """Have many invitations due at once, send them all, and return how many that were a second."""
    values: dict[str, Any] = {"run": str(run), "notices": NOTICES, "functions": FUNCTIONS, "now": utc_now()}
    async with service.engine.begin() as connection:
        if run == 0:
            await connection.execute(_CONTACTS, {"functions": FUNCTIONS})
        await connection.execute(_REFERRALS, {"run": values["run"], "notices": NOTICES})
        await connection.execute(_INVITATIONS, {**values, "about": json.dumps(ABOUT)})
    sent, started = 0, perf_counter()
    while done := await notices.send_due(utc_now()):
        sent += done
    assert sent == NOTICES
    return sent / (perf_counter() - started)


def _settings(url: str, smtp_port: int) -> CoordinatorSettings:
    return CoordinatorSettings(
        database_url=url,
        kafka_bootstrap_servers=f"{HOST}:1",
        kafka_security_protocol="PLAINTEXT",
        service_key=KEY,
        link_key=KEY,
        public_url="https://motesplats.example",
        oidc_issuer="urn:bench",
        referral_url=f"http://{HOST}:1",
        activities_url=f"http://{HOST}:1",
        smtp_host=HOST,
        smtp_port=smtp_port,
        smtp_tls="none",
        smtp_connections=CONNECTIONS,
        mail_from="motesplats@mote.example",
        notices_per_hour=1_000_000,
    )
