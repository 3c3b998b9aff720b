"""`motesplats match`: files of activities and referrals in, proposals out. No database and no broker."""

import codecs
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from schemas.activities import ActivityPublished
from schemas.event import Event
from schemas.referral import ReferralRequested
from schemas.sentences import Language
from schemas.strict import FieldError, Invalid, parse
from services.activities.answers import as_json
from services.activities.domain.explaining import Answer
from services.activities.domain.listing import Listing
from services.activities.domain.matching import Activity, Catalogue
from services.activities.wire import activity_of, need_of_request

Line = TypeVar("Line", bound=Event)
Numbered = TypeVar("Numbered")
File = Literal["activities", "referrals", "contacts"]

EXAMPLE: Final = "Example: motesplats match --activities a.jsonl --referrals r.jsonl"
STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
LINES_A_BUNCH: Final = 1000
KNOWN: Final = FieldError("activity_id", "must not be that of an earlier line")


app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=EXAMPLE)
def match(
    activities: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, readable=True, help="One ActivityPublished a line.")
    ],
    referrals: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, readable=True, help="One ReferralRequested a line.")
    ],
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day to match on; today in Stockholm when missing."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many proposals a referral gets at most.")] = 5,
    language: Annotated[Language, typer.Option(help="The language of the reasons.")] = "en",
) -> None:
    """Propose activities for referrals, both read from files of JSON lines.

    Prints a JSON line for each referral. What is wrong with a line goes to standard error, as JSON too, and
    the other lines go on. Exits with 0, with 1 when a line was wrong, with 2 when a file cannot be read.
    """
    day = (on or datetime.now(STOCKHOLM)).date()
    complaints = Complaints()
    with progress() as bars:
        catalogue, listings = stocked(read(activities, "activities", ActivityPublished, complaints, bars), complaints)
        for lines in in_bunches(read(referrals, "referrals", ReferralRequested, complaints, bars)):
            requests = [request for _, request in lines]
            needs = [need_of_request(request) for request in requests]
            found = dict(catalogue.matches(needs, day, limit))
            for number, request in enumerate(requests):
                answer = Answer(needs[number], day, found[number])
                told = {"referral_id": str(request.referral_id)} | as_json(answer, listings.get, language)
                sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()
    raise typer.Exit(1 if complaints.told else 0)


class Complaints:
    """Tells on standard error what is wrong with lines, and remembers whether it had to."""

    told = False

    def tell(self, file: File, line: int, errors: Iterable[FieldError]) -> None:
        """Print each error of a line as JSON."""
        self.told = True
        for error in errors:
            complaint = {"file": file, "line": line, "error": f"{error.path}: {error.rule}"}
            typer.echo(json.dumps(complaint), err=True)


def stocked(
    lines: Iterator[tuple[int, ActivityPublished]], complaints: Complaints
) -> tuple[Catalogue, dict[str, Listing]]:
    """Return the catalogue of these activities and what is told of each; the first line of an id counts."""
    catalogue, listings = Catalogue(), dict[str, Listing]()

    def new() -> Iterator[Activity]:
        for number, published in lines:
            activity = activity_of(published)
            if activity.activity_id in listings:
                complaints.tell("activities", number, [KNOWN])
            else:
                listings[activity.activity_id] = Listing.of(published)
                yield activity

    for some in in_bunches(new()):
        catalogue.put(*some)
    return catalogue, listings


def in_bunches(lines: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    """Yield the lines in bunches: many at once are quicker, and nobody needs to have all in memory."""
    while some := list(islice(lines, LINES_A_BUNCH)):
        yield some


def read(
    path: Path, file: File, model: type[Line], complaints: Complaints, bars: Progress
) -> Iterator[tuple[int, Line]]:
    """Yield the good lines with their numbers from 1; tell of the others, skip blank ones."""
    for number, line in numbered_lines(path, file, bars):
        try:
            yield number, parse(model, line)
        except Invalid as invalid:
            complaints.tell(file, number, invalid.errors)


def numbered_lines(path: Path, file: File, bars: Progress) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, as bytes: only a line feed ends one, and JSON bears CR."""
    try:
        with bars.open(path, "rb", description=file) as lines:
            for number, line in enumerate(lines, start=1):
                text = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                if text.strip():
                    yield number, text
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint=f"--{file}") from None


def progress() -> Progress:
    """Return bars for somebody who watches: none where errors are kept or answers come to the screen."""
    watched = sys.stderr.isatty() and not sys.stdout.isatty()
    return Progress(console=Console(stderr=True), disable=not watched, transient=True)
