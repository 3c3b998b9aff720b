"""`motesplats`: the command line, one file for each group of commands. Never a decision of its own."""

import typer

from services.cli.match import EXAMPLE, match

app = typer.Typer(
    name="motesplats",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def motesplats() -> None:
    """Refer people from health centres to activities at meeting places near home."""


app.command(epilog=EXAMPLE)(match)


def main() -> None:
    """Run the command line."""
    app()
