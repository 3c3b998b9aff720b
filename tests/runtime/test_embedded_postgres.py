import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from services.runtime.connection import Connection
from services.runtime.embedded.child import CannotStart, until
from services.runtime.embedded.postgres import Postgres

OWNER = """
import asyncio, sys
from pathlib import Path
from services.runtime.embedded.postgres import Postgres

async def serve():
    async with Postgres(Path(sys.argv[1])):
        print("serving", flush=True)
        await asyncio.Event().wait()

asyncio.run(serve())
"""


@contextmanager
def another_process_serving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        assert process.stdout
        assert process.stdout.readline() == "serving\n"
        yield process
        process.kill()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def keep_a_row(url: str) -> None:
    async with connected(url) as connection:
        await connection.execute(text("create table kept as select 'Åse' as who"))


async def add_the_same_row(url: str) -> None:
    async with connected(url) as connection:
        await connection.execute(text("insert into kept values ('Åse')"))


async def kept_row(url: str) -> str | None:
    async with connected(url) as connection:
        who: str | None = await connection.scalar(text("select who from kept"))
        return who


def server_of(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


async def test_what_is_stored_is_there_after_the_next_start(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        await keep_a_row((await server.databases("referral"))["referral"])
    async with Postgres(tmp_path) as server:
        assert await kept_row((await server.databases("referral"))["referral"]) == "Åse"


async def test_what_was_committed_survives_a_crash_of_the_server(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        url = (await server.databases("referral"))["referral"]
        await keep_a_row(url)
        await server.restart("immediate")
        assert await kept_row(url) == "Åse"


async def test_commits_are_on_disk_before_they_are_acknowledged(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server, connected(server.url("postgres")) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await connection.scalar(text(f"show {setting}")) == "on"


async def test_letters_of_all_our_languages_have_upper_case_and_nobody_listens_on_a_port(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server, connected(server.url("postgres")) as connection:
        assert await connection.scalar(text("select upper('åäöæøáčđŋšŧž')")) == "ÅÄÖÆØÁČĐŊŠŦŽ"
        assert not await connection.scalar(text("show listen_addresses"))


async def test_a_folder_with_a_path_too_long_for_a_socket_is_served_too(tmp_path: Path) -> None:
    async with Postgres(tmp_path / ("a" * 110)) as server, connected(server.url("postgres")) as connection:
        assert await connection.scalar(text("select 1")) == 1


async def test_a_folder_that_another_process_serves_is_refused_with_its_process_id(tmp_path: Path) -> None:
    with another_process_serving(tmp_path) as owner:
        with pytest.raises(CannotStart, match=f"runs already, for process {owner.pid}"):
            await Postgres(tmp_path).start()
        assert owner.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child when its parent is killed")
async def test_a_killed_process_takes_its_server_with_it(tmp_path: Path) -> None:
    with another_process_serving(tmp_path) as owner:
        owner.send_signal(signal.SIGKILL)
    await until(lambda: not (tmp_path / "data" / "postmaster.pid").exists(), within=90)


async def test_a_folder_of_a_killed_process_is_served_again(tmp_path: Path) -> None:
    with another_process_serving(tmp_path) as owner:
        owner.send_signal(signal.SIGKILL)
    async with Postgres(tmp_path) as server, connected(server.url("postgres")) as connection:
        assert await connection.scalar(text("select 1")) == 1


async def test_a_server_left_behind_by_a_dead_process_is_ended_first(tmp_path: Path) -> None:
    left_behind = Postgres(tmp_path)
    await left_behind.start()
    left_behind._folder.release()
    first = server_of(tmp_path)
    async with Postgres(tmp_path):
        assert server_of(tmp_path) != first
    await left_behind.stop()


async def test_a_process_id_that_now_belongs_to_another_program_stops_nobody(tmp_path: Path) -> None:
    pid_file = tmp_path / "data" / "postmaster.pid"
    async with Postgres(tmp_path):
        stale = pid_file.read_text().splitlines()
    with another_process_serving(tmp_path / "other") as innocent:
        pid_file.write_text("\n".join([str(innocent.pid), *stale[1:]]))
        async with Postgres(tmp_path):
            assert innocent.poll() is None


async def test_a_folder_of_an_older_postgresql_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async with Postgres(tmp_path):
        pass
    (tmp_path / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 17.*Move .* away, or dump"):
        await Postgres(tmp_path).start()


async def test_a_folder_half_made_when_it_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text("18\n")
    async with Postgres(tmp_path) as server, connected(server.url("postgres")) as connection:
        assert await connection.scalar(text("select 1")) == 1


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="shared_buffers"):
        await Postgres(tmp_path, settings={"shared_buffers": "plenty"}).start()


async def test_the_log_holds_no_value_of_a_row(tmp_path: Path) -> None:
    async with Postgres(tmp_path) as server:
        url = server.url("postgres")
        await keep_a_row(url)
        async with connected(url) as connection:
            await connection.execute(text("alter table kept add unique (who)"))
        with pytest.raises(IntegrityError):
            await add_the_same_row(url)
    log = (tmp_path / "postgres.log").read_text()
    assert "kept_who_key" in log
    assert "Åse" not in log
