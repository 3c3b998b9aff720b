"""The embedded components for a benchmark: PostgreSQL and Tansu, fresh, in a folder that goes afterwards."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from services.runtime.embedded.postgres import Postgres
from services.runtime.embedded.tansu import Tansu
from services.runtime.settings import Settings

KEY = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="


@asynccontextmanager
async def machine(postgres_settings: Mapping[str, str] | None = None) -> AsyncIterator[tuple[Postgres, Tansu]]:
    """Run the components, PostgreSQL with these settings beside its own."""
    with tempfile.TemporaryDirectory(prefix="motesplats-bench-") as folder:
        async with (
            Postgres(Path(folder) / "pg", settings=postgres_settings) as postgres,
            Tansu(Path(folder) / "tansu.log") as tansu,
        ):
            yield postgres, tansu


def settings_for(database_url: str, tansu: Tansu) -> Settings:
    """Return settings for the runtime alone."""
    return Settings(
        database_url=database_url,
        kafka_bootstrap_servers=tansu.bootstrap_servers,
        kafka_broker="tansu",
        kafka_security_protocol="PLAINTEXT",
        service_key=KEY,
        public_url="http://127.0.0.1",
        oidc_issuer="http://127.0.0.1",
    )
