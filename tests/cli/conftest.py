"""One machine at work for all tests of a module, and the command line as somebody uses it in its folder."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from services.cli.options import FOLDER
from services.one_machine import OneMachine, one_machine

CENTRE = "her:0080101"


class Motesplats(Protocol):
    """Runs a command as `motesplats` does."""

    async def __call__(self, *arguments: str) -> Result:
        """Run it, beside the machine's own work."""


@pytest.fixture(scope="module")
async def machine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OneMachine]:
    async with one_machine(tmp_path_factory.mktemp("cli") / FOLDER, centres=[CENTRE]) as running:
        yield running


@pytest.fixture
def motesplats(machine: OneMachine, monkeypatch: pytest.MonkeyPatch) -> Motesplats:
    """The command line in the folder of the machine."""
    return in_folder(machine.folder.parent, monkeypatch)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Motesplats:
    """The command line where nothing runs."""
    return in_folder(tmp_path, monkeypatch)


def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Motesplats:
    """Return the command line in a folder, told by nothing else."""
    monkeypatch.chdir(folder)
    for name in os.environ:
        if name.startswith("MOTESPLATS_"):
            monkeypatch.delenv(name)
    return run


async def run(*arguments: str) -> Result:
    """Run the command line in a thread of its own: the machine goes on meanwhile."""
    return await asyncio.to_thread(CliRunner().invoke, app, arguments)
