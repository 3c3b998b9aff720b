"""`motesplats import`: files of activities or contact functions into the catalogue. No rule of its own."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from schemas.strict import FieldError
from services.activities.importing import Import, Summary
from services.cli.match import numbered_lines, progress
from services.cli.options import JsonOption, Name, fail, run, settings_of, with_database
from services.runtime.connection import Database
from services.runtime.errors import Refusal
from services.runtime.transaction import read_epoch, transaction, utc_now

What = Literal["activities", "contacts"]
File = Annotated[Path, typer.Argument(help="JSON lines, one thing a line.", show_default=False)]

app = typer.Typer(rich_markup_mode=None)
import_app = typer.Typer(help="Files of JSON lines into the catalogue.", no_args_is_help=True)
app.add_typer(import_app, name="import")


@import_app.command(epilog="Example: motesplats import activities activities.jsonl")
def activities(file: File, as_json: JsonOption = False) -> None:
    """Import activities, one ActivityPublished a line; importing them again changes nothing.

    What is wrong with a line goes to standard error, as JSON, and the other lines go on. Some hundreds of lines
    are taken at a time and seen at once; an import that was cut off is simply begun again. Exits with 0, with 1
    when a line was refused, with 2 when the file or the database cannot be read.
    """
    _import(file, "activities", as_json=as_json)


@import_app.command(epilog="Example: motesplats import contacts contacts.jsonl")
def contacts(file: File, as_json: JsonOption = False) -> None:
    """Import contact functions, one a line; importing them again changes nothing.

    What is wrong with a line goes to standard error, as JSON, and the other lines go on. Exits with 0, with 1
    when a line was refused, with 2 when the file or the database cannot be read.
    """
    _import(file, "contacts", as_json=as_json)


def _import(file: Path, what: What, *, as_json: bool) -> None:
    try:
        summary = run(with_database(settings_of(Name.ACTIVITIES), lambda engine: _take_in(engine, file, what)))
    except Refusal as refusal:
        fail(refusal.detail or "The import was refused.")
    told = asdict(summary)
    typer.echo(json.dumps(told) if as_json else ", ".join(f"{count} {name}" for name, count in told.items()))
    raise typer.Exit(1 if summary.refused else 0)


async def _take_in(engine: Database, file: Path, what: What) -> Summary:
    epoch = await read_epoch(engine)

    def tell(line: int, severity: Literal["error", "warning"], errors: Sequence[FieldError]) -> None:
        for error in errors:
            said = {"file": what, "line": line, severity: f"{error.path}: {error.rule}"}
            typer.echo(json.dumps(said), err=True)

    taking = Import(lambda: transaction(engine, epoch, utc_now()), tell)
    with progress() as bars:
        lines = numbered_lines(file, what, bars)
        return await (taking.activities(lines) if what == "activities" else taking.contacts(lines))
