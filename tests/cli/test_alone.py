"""The command line where nothing runs: it says so in a sentence, and helps."""

import pytest
import typer
from typer.main import get_group

from services.cli import app
from tests.cli.conftest import Motesplats

COMMANDS = [
    ["up"],
    ["demo"],
    ["token"],
    ["match"],
    ["import", "activities"],
    ["import", "contacts"],
    ["topics", "create"],
    ["migrate"],
    ["parked", "list"],
    ["parked", "show"],
    ["parked", "retry"],
    ["parked", "drop"],
    ["announce"],
    ["restored"],
    ["lag"],
]
REACHING = [
    ["topics", "create"],
    ["migrate"],
    ["parked", "list"],
    ["parked", "show", "1"],
    ["parked", "retry", "1"],
    ["announce", "--state"],
    ["restored", "--to", "3h"],
    ["lag"],
]


async def test_help_lists_every_group_of_commands(elsewhere: Motesplats) -> None:
    told = (await elsewhere("--help")).stdout
    assert all(f"  {command[0]}" in told for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_every_command_has_help_with_an_example(elsewhere: Motesplats, command: list[str]) -> None:
    told = await elsewhere(*command, "--help")
    assert told.exit_code == 0
    assert f"Example: motesplats {' '.join(command)}" in " ".join(told.stdout.split())


@pytest.mark.parametrize("command", REACHING, ids=" ".join)
async def test_where_nothing_runs_a_sentence_says_so(elsewhere: Motesplats, command: list[str]) -> None:
    refused = await elsewhere(*command)
    assert refused.exit_code == 2
    assert "run `motesplats up`" in refused.stderr


@pytest.mark.parametrize("command", REACHING, ids=" ".join)
async def test_what_cannot_be_reached_is_told_in_a_sentence(
    elsewhere: Motesplats, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    for name, value in {
        "DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "PUBLIC_URL": "http://127.0.0.1",
        "OIDC_ISSUER": "urn:test",
        "SERVICE_KEY": "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=",
    }.items():
        monkeypatch.setenv(f"MOTESPLATS_{name}", value)
    refused = await elsewhere(*command)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("Cannot be reached: ")


async def test_a_setting_that_is_missing_or_wrong_is_named(
    elsewhere: Motesplats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTESPLATS_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("MOTESPLATS_SERVICE_KEY", "too short a secret")
    refused = await elsewhere("lag")
    assert refused.exit_code == 2
    assert "MOTESPLATS_PUBLIC_URL: " in refused.stderr
    assert "MOTESPLATS_SERVICE_KEY: " in refused.stderr
    assert "too short a secret" not in refused.stderr


async def test_tokens_are_for_a_machine_that_was_started_here(elsewhere: Motesplats) -> None:
    refused = await elsewhere("token", "operator")
    assert refused.exit_code == 2
    assert "motesplats up" in refused.stderr


@pytest.mark.parametrize(
    "command", [["nonsense"], ["parked", "nonsense"], ["lag", "--nonsense"], ["parked", "show", "x"]]
)
async def test_what_is_no_command_is_refused_with_a_hint(elsewhere: Motesplats, command: list[str]) -> None:
    refused = await elsewhere(*command)
    assert refused.exit_code == 2
    assert "--help" in refused.stderr


def test_every_command_is_tested_here() -> None:
    group = get_group(app)
    context = typer.Context(group)
    listed = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        listed += [[name, *sub] for sub in ([[each] for each in getattr(command, "commands", ())] or [[]])]
    assert sorted(listed) == sorted(COMMANDS)
