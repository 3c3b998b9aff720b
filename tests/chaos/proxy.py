"""A connection that can break: passes bytes on, until it is told to cut, hold, delay or half close. Reads none."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Self

Address = Path | int
"""A unix socket, or a port of 127.0.0.1."""
HOST = "127.0.0.1"
CHUNK = 65_536
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Listens at one address and passes what comes to one of others, in turn; to the next if one does not answer."""

    def __init__(self, listen: Address, *targets: Address) -> None:
        self._listen, self._targets = listen, list(targets)
        self._server: asyncio.Server | None = None
        self._open: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._passing = asyncio.Event()
        self._refusing = False
        self._delay = 0.0
        self.mend()

    async def __aenter__(self) -> Self:
        if isinstance(self._listen, Path):
            self._server = await asyncio.start_unix_server(self._serve, self._listen)
        else:
            self._server = await asyncio.start_server(self._serve, HOST, self._listen)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
            self.cut()

    def cut(self) -> None:
        """Cut all connections, and every new one at once, until mended."""
        self._refusing = True
        for ends in list(self._open):
            for end in ends:
                end.transport.abort()

    def hold(self) -> None:
        """Pass nothing on and tell nobody, as when a cable is pulled, until mended."""
        self._passing.clear()

    def delay(self, seconds: float) -> None:
        """Pass everything on so much later, until mended."""
        self._delay = seconds

    def half_close(self) -> None:
        """Tell the far side of each connection that nothing more comes, while the near side may go on."""
        for _, far in self._open:
            with suppress(OSError, RuntimeError):
                far.write_eof()

    def mend(self) -> None:
        """Pass on what comes, and what was held."""
        self._refusing, self._delay = False, 0.0
        self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = None if self._refusing else await self._connect()
        if far is None:
            writer.transport.abort()
            return
        ends = (writer, far[1])
        self._open.add(ends)
        try:
            await asyncio.gather(self._pass(reader, far[1]), self._pass(far[0], writer))
        except (OSError, RuntimeError):
            pass  # one side broke, and so must the other
        finally:
            self._open.discard(ends)
            for end in ends:
                end.transport.abort()

    async def _connect(self) -> Streams | None:
        for _ in self._targets:
            target = self._targets.pop(0)
            self._targets.append(target)
            with suppress(OSError):
                if isinstance(target, Path):
                    return await asyncio.open_unix_connection(target)
                return await asyncio.open_connection(HOST, target)
        return None

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self._delay:
                await asyncio.sleep(self._delay)
            await self._passing.wait()
            writer.write(data)
            await writer.drain()
        writer.write_eof()
