"""`motesplats up`: it starts by itself, shows its pages, refuses to start twice, and stops when told to."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from services.cli.options import FOLDER


@dataclass
class Up:
    """A process that runs, where its pages are, and what it printed."""

    process: Process
    folder: Path
    url: str
    said: list[str]


async def start(folder: Path, *arguments: str) -> Process:
    command = (sys.executable, "-m", "services.cli", "up", *arguments)
    return await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=PIPE, stderr=PIPE)


@pytest.fixture(scope="module")
async def up(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    process = await start(folder, "--port", "0")
    assert process.stdout
    said: list[str] = []
    async for line in process.stdout:
        said.append(line.decode())
        if "another terminal" in said[-1]:
            break
    [url] = set(re.findall(r"http://[\d.:]+", "".join(said)))
    yield Up(process, folder, url, said)
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_every_page_that_it_names_is_there(up: Up) -> None:
    pages = re.findall(r"http://\S+", "".join(up.said))
    assert len(pages) == 5
    async with httpx.AsyncClient(headers={"Accept": "text/html"}, follow_redirects=True, timeout=60) as browser:
        for page in pages:
            shown = await browser.get(page)
            assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "Coach, Sørstranda legekontor (fiktiv)" in (await browser.get(f"{up.url}/sign-in")).text
        assert "Tromsø" in (await browser.get(f"{up.url}/activities/")).text


async def test_a_coach_signs_in_with_one_click(up: Up) -> None:
    async with httpx.AsyncClient(base_url=up.url, follow_redirects=True, timeout=60) as browser:
        listed = await browser.post("/sign-in", data={"identity": "0", "next": "/referral/"})
        assert (listed.status_code, listed.url.path) == (200, "/referral/")


async def test_it_starts_neither_twice_in_a_folder_nor_on_a_port_that_is_taken(up: Up, tmp_path: Path) -> None:
    port = up.url.rpartition(":")[2]
    others = await asyncio.gather(
        start(up.folder, "--port", "0"),
        start(up.folder, "--port", "0", "--fresh"),
        start(tmp_path, "--port", port),
    )
    told = [complaint.decode() for _, complaint in await asyncio.gather(*(other.communicate() for other in others))]
    assert [other.returncode for other in others] == [1, 1, 1]
    assert "already" in told[0]
    assert "already" in told[1]
    assert told[2] == f"Port {port} is taken. Say another one with --port.\n"


async def test_it_stops_in_order_and_leaves_its_data(up: Up) -> None:
    assert (up.folder / FOLDER / "referral.env").exists()
    up.process.send_signal(signal.SIGTERM)
    said, complaints = await up.process.communicate()
    assert (up.process.returncode, complaints) == (0, b"")
    assert said.decode().endswith("Stopping ...\n")
    assert not list((up.folder / FOLDER).glob("*.env"))
    assert (up.folder / FOLDER / "postgres" / "data").is_dir()
    assert '"level": "error"' not in (up.folder / FOLDER / "motesplats.log").read_text()
