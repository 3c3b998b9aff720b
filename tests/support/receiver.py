"""An HTTP server that answers as a test wants, late or not at all, with TLS or without, and keeps what it is sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.certificates import a_certificate


@dataclass
class Receiver:
    """What it answers, and what it was sent; while `open` is not set, nothing is answered."""

    status: int = 200
    location: str = ""
    port: int = 0
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the last request."""
        return _headers(self.heads[-1])

    @property
    def ids(self) -> list[str]:
        """The ids of the webhooks that were sent, in order."""
        return [_headers(head)["webhook-id"] for head in self.heads]

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().removesuffix("\r\n\r\n")
        self.bodies.append(await reader.readexactly(int(_headers(head)["content-length"])))
        self.heads.append(head)
        await self.open.wait()
        location = f"Location: {self.location}\r\n" if self.location else ""
        writer.write(f"HTTP/1.1 {self.status} X\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Receiver]:
    """Give a server that listens here; it answers 200 until told otherwise."""
    made = Receiver()
    made.open.set()
    listening = await asyncio.start_server(made.answer, "127.0.0.1", port, ssl=tls)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.open.set()
        listening.close()
        await listening.wait_closed()


def certified(host: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server of this name shows, and what somebody believes who believes nobody else."""
    file = a_certificate(host, folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


async def here(_host: str, _port: int) -> str:
    """Look every host up on this machine."""
    return "127.0.0.1"


def _headers(head: str) -> dict[str, str]:
    lines = head.split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
