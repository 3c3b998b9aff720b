"""The command line as its own `--help` tells it, for the README and `docs/commands.md`."""

from collections.abc import Iterator
from typing import Any, Final

import typer

from services.cli import app

WIDTH: Final = 100


def overview() -> str:
    """Return a table of the commands, a line each."""
    lines = ["| command | what it does |", "|---|---|"]
    lines += [f"| `{context.info_name}` | {sentence(context.command)} |" for context in commands()]
    return "\n".join(lines)


def page() -> str:
    """Return the help of every command."""
    lines = ["# The command line", "", "Written by `make docs` from the commands' own `--help`.", ""]
    for context in commands():
        lines += [f"## `{context.info_name}`", "", "```", context.command.get_help(context), "```", ""]
    return "\n".join(lines)


def sentence(command: Any) -> str:  # noqa: ANN401 - Click's Command, in Typer's copy of Click
    """Return the first sentence of a command's help."""
    return " ".join(command.help.split("\n\n")[0].split())


def commands() -> Iterator[typer.Context]:
    """Yield each command that does something, in a context that names it as it is typed."""
    yield from _below("motesplats", typer.main.get_command(app))


def _below(path: str, command: Any) -> Iterator[typer.Context]:  # noqa: ANN401 - as above
    context = typer.Context(command, info_name=path, terminal_width=WIDTH, max_content_width=WIDTH)
    if not hasattr(command, "list_commands"):
        yield context
        return
    for name in command.list_commands(context):
        yield from _below(f"{path} {name}", command.get_command(context, name))
