"""Imports: JSON lines of a municipality's activities or contact functions, a body of up to 256 kB at a time."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from schemas.strict import FieldError
from services.activities.api.parts import Coordinator, Here
from services.activities.importing import Import, Summary, Tell
from services.runtime.bodies import raw

router = APIRouter(prefix="/imports", tags=["imports"])

LINES: Final[Any] = raw("application/x-ndjson", "application/jsonl")
Lines = Annotated[bytes, LINES]
Severity = Literal["error", "warning"]


class LineTold(BaseModel):
    """What was wrong with a line, or what to know of one that was taken."""

    line: int
    severity: Severity
    path: str
    rule: str


class Imported(BaseModel):
    """What became of the lines; `refused` ones have errors in `lines`, and all others were taken."""

    created: int
    changed: int
    unchanged: int
    refused: int
    warnings: int
    lines: list[LineTold]


@router.post("/activities")
async def import_activities(caller: Coordinator, lines: Lines, here: Here) -> Imported:
    """Take in activities of the municipality, one ActivityPublished a line; the good lines go on without the bad."""
    told: list[LineTold] = []
    taking = Import(here.service.transaction, _teller(told), caller.municipality)
    return _imported(await taking.activities(_numbered(lines)), told)


@router.post("/contacts")
async def import_contacts(caller: Coordinator, lines: Lines, here: Here) -> Imported:
    """Take in contact functions of the municipality, one a line; the good lines go on without the bad."""
    told: list[LineTold] = []
    taking = Import(here.service.transaction, _teller(told), caller.municipality)
    return _imported(await taking.contacts(_numbered(lines)), told)


def _numbered(lines: bytes) -> Iterator[tuple[int, bytes]]:
    several = lines.removeprefix(codecs.BOM_UTF8).split(b"\n")
    return ((number, line) for number, line in enumerate(several, start=1) if line.strip())


def _teller(told: list[LineTold]) -> Tell:
    def tell(line: int, severity: Severity, errors: Sequence[FieldError]) -> None:
        told.extend(LineTold(line=line, severity=severity, path=error.path, rule=error.rule) for error in errors)

    return tell


def _imported(summary: Summary, told: list[LineTold]) -> Imported:
    return Imported(**asdict(summary), lines=sorted(told, key=attrgetter("line")))
