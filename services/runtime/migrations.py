"""Bringing a service's database to its present form, by Alembic. Knows no table: each service brings its own."""

import asyncio
import importlib
import ssl
from collections.abc import Callable
from importlib.resources import files
from typing import TypeVar

from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

T = TypeVar("T")

MIGRATION_LOCK = 4
_one_at_a_time = asyncio.Lock()
"""Alembic keeps what it works on in global variables."""


async def upgrade(database_url: str, service: str, *, ca_file: str | None = None) -> None:
    """Bring the service's database to the newest revision: all in one transaction, one process at a time."""
    await _connected(database_url, ca_file, lambda connection: command.upgrade(_config(service, connection), "head"))


async def differences(database_url: str, service: str) -> list[str]:
    """Return in what the migrated database differs from the service's tables: nothing, or somebody forgot."""

    def compare(connection: Connection) -> list[str]:
        migrated = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return [str(difference) for difference in compare_metadata(migrated, _tables(service))]

    return await _connected(database_url, None, compare)


async def write_revision(database_url: str, service: str, message: str) -> None:
    """Write the next revision from what `differences` finds, for a human to go over."""

    def write(connection: Connection) -> None:
        config = _config(service, connection)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")

    await _connected(database_url, None, write)


def run(metadata: MetaData) -> None:
    """Run what Alembic was asked for; called by a service's `migrations/env.py`."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def _connected(database_url: str, ca_file: str | None, work: Callable[[Connection], T]) -> T:
    arguments = {"ssl": ssl.create_default_context(cafile=ca_file)} if ca_file else {}
    engine = create_async_engine(database_url, connect_args=arguments, poolclass=NullPool)
    async with _one_at_a_time, engine.begin() as connection:
        await connection.execute(text(f"select pg_advisory_xact_lock({MIGRATION_LOCK}, 0)"))
        return await connection.run_sync(work)


def _config(service: str, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files(f"services.{service}") / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _tables(service: str) -> MetaData:
    metadata: MetaData = importlib.import_module(f"services.{service}.tables").metadata
    return metadata
