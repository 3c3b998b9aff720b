"""Connections to PostgreSQL: what none of its answers would tell."""

import socket
from pathlib import Path

from sqlalchemy import make_url, text

from services.runtime.connection import Database
from services.runtime.embedded.child import free_port
from tests.chaos.proxy import HOST, Proxy
from tests.conftest import MakeDatabase

OPTIONS = {
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): 20_000,
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): 5,
}


async def test_a_connection_over_a_network_is_broken_when_the_server_falls_silent(database: MakeDatabase) -> None:
    url, port = make_url(await database("referral")), free_port()
    server = Path(str(url.query["host"])) / ".s.PGSQL.5432"
    over_tcp = Database(url.set(host=HOST, port=port, query={}))
    async with Proxy(port, server), over_tcp.connect() as connection:
        assert (await connection.execute(text("select 1 as one"))).one().one == 1
        link = connection.driver._transport.get_extra_info("socket")
        assert {option: link.getsockopt(*option) for option in OPTIONS} == OPTIONS
    await over_tcp.dispose()
