"""A server as a child process: started, awaited, ended, and ended by the kernel should we be killed."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
PORTS = range(20_000, 32_000)  # below what systems give to outgoing connections
_given = set[int]()


class CannotStart(Exception):  # noqa: N818  # read in a message: "cannot start"
    """A server cannot start; the message tells the operator why, and what to do."""


class Child:
    """A running server that writes to a log, in a process group of its own so that Ctrl-C reaches us alone.

    On Linux it gets the signal `on_our_death` when the thread that made it ends. It has none of our
    environment. With a `user` it runs as that user; we must be root then.
    """

    def __init__(
        self, command: Sequence[str | Path], *, log: Path, on_our_death: signal.Signals, user: str = ""
    ) -> None:
        self._name = Path(command[0]).name
        self._log = log
        with log.open("ab") as output:
            self._log_began = output.tell()
            self._process = subprocess.Popen(  # noqa: S603  # our own servers, no shell
                [
                    sys.executable,
                    "-I",
                    "-S",
                    LAUNCH,
                    str(os.getpid()),
                    str(int(on_our_death)),
                    user,
                    *command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"LC_ALL": "C"},
                process_group=0,
            )
        self.pid = self._process.pid

    async def started(self, ready: Callable[[], bool], *, within: float = 60) -> None:
        """Return when it is ready; CannotStart with its last words when it ended instead."""
        await self._until(lambda: self.has_ended() or ready(), within)
        if self.has_ended():
            raise CannotStart(f"{self._name} ended at start, see {self._log}:\n{self._last_words()}")

    async def succeeded(self, *, within: float = 60) -> None:
        """Return when it has done its work; CannotStart with its last words when it failed."""
        await self._until(self.has_ended, within)
        if self._process.returncode:
            raise CannotStart(f"{self._name} failed, see {self._log}:\n{self._last_words()}")

    def said(self, words: str) -> bool:
        """Tell whether it has written the words to its log."""
        return words in self._output()

    async def end(self, *signals: signal.Signals, within: float = 20) -> None:
        """Send the signals in turn, each with `within` seconds to take effect, and SIGKILL last."""
        for number in (*signals, signal.SIGKILL):
            self._process.send_signal(number)
            with suppress(TimeoutError):
                await until(self.has_ended, within=within)
                break

    def has_ended(self) -> bool:
        """Tell whether it runs no more."""
        return self._process.poll() is not None

    async def _until(self, condition: Callable[[], bool], within: float) -> None:
        try:
            await until(condition, within=within)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _output(self) -> str:
        return self._log.read_bytes()[self._log_began :].decode(errors="replace")

    def _last_words(self) -> str:
        return "\n".join(self._output().splitlines()[-12:])


async def until(condition: Callable[[], bool], *, within: float) -> None:
    """Return when the condition holds; TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110  # another process changes it, and tells nobody
            await asyncio.sleep(0.005)


def installed(package: str) -> Path:
    """Return the folder of an installed package without importing it."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise CannotStart(f"{package} is not installed: pip install 'motesplats[embedded]'")
    return Path(found.origin).parent


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, and that was not returned before: it may be used later."""
    while True:
        port = random.choice(PORTS)  # noqa: S311  # no secret
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port
