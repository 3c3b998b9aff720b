"""Files of JSON lines, an activity or a contact function each, taken in by the same rules from everywhere.

A bad line is refused with its number, path and rule, and the others go on. Lines are taken in some
hundreds a transaction, and what they bring is seen when it commits. An import that was cut off is begun
again: what is already as the line says is left alone and announces nothing. Never a line kept for later.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar
from uuid import UUID

from schemas.activities import ActivityPublished, ContactFunctionChanged
from schemas.strict import FieldError, Invalid, parse
from services.activities.domain.keeping import not_to_be_kept, restate, with_status
from services.activities.store.activities import Stating, load_activities, save_activities
from services.activities.store.contacts import Contacts, load_contacts, save_contacts
from services.activities.store.pauses import paused_of
from services.runtime.crash_points import come_by
from services.runtime.transaction import Transaction

LINES_A_TRANSACTION: Final = 500
LONGEST_LINE: Final = 256 * 1024
"""As a body over HTTP: what it becomes must fit into one event."""
EARLIER: Final = "must not be that of an earlier line"
NOT_YOURS: Final = FieldError("municipality", "must be your own municipality")
PAUSED: Final = FieldError("status", "is paused until a day by its contact function; the pause is kept")

Line = TypeVar("Line", ActivityPublished, ContactFunctionChanged)
Begin = Callable[[], AbstractAsyncContextManager[Transaction]]
NumberedLines = Iterable[tuple[int, bytes]]
Tell = Callable[[int, Literal["error", "warning"], Sequence[FieldError]], None]
"""Called with what was wrong with a line that was refused, or what to know of one that was taken."""


@dataclass(slots=True)
class Summary:
    """What became of the lines; a line with a warning is also one of the first three."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    warnings: int = 0


@dataclass(slots=True)
class Import:
    """One import: who hears of its lines, and whose lines it takes (None: everybody's)."""

    begin: Begin
    tell: Tell
    municipality: str | None = None
    summary: Summary = field(default_factory=Summary)
    _seen: set[UUID] = field(default_factory=set)

    async def activities(self, lines: NumberedLines) -> Summary:
        """Take in the activities, and return what became of them."""
        for batch in self._batches(lines, ActivityPublished):
            async with self.begin() as tx:
                stating = await load_activities(tx, (said.activity_id for _, said in batch))
                paused = await paused_of(tx.connection, stating.known)
                for number, said in batch:
                    self._state_activity(stating, number, said, is_paused=said.activity_id in paused)
                await save_activities(stating)
                come_by("importing")
            come_by("imported")
        return self.summary

    async def contacts(self, lines: NumberedLines) -> Summary:
        """Take in the contact functions, and return what became of them."""
        for batch in self._batches(lines, ContactFunctionChanged):
            async with self.begin() as tx:
                contacts = await load_contacts(tx, (said.contact_id for _, said in batch))
                for number, said in batch:
                    self._state_contact(contacts, number, said)
                await save_contacts(contacts)
        return self.summary

    def _state_activity(self, stating: Stating, number: int, said: ActivityPublished, *, is_paused: bool) -> None:
        known = stating.activity(said.activity_id)
        if known.published and not self._is_ours(known.published.municipality):
            self._refuse(number, [NOT_YOURS])
            return
        if is_paused and said.status == "published":
            self.summary.warnings += 1
            self.tell(number, "warning", [PAUSED])
            said = with_status(said, "paused")
        restated = restate(known, said, stating.on)
        if restated.warnings:
            self.summary.warnings += len(restated.warnings)
            self.tell(number, "warning", restated.warnings)
        match restated.change:
            case "unchanged":
                self.summary.unchanged += 1
                return
            case "created":
                self.summary.created += 1
            case "changed":
                self.summary.changed += 1
        stating.become(known, restated.published)

    def _state_contact(self, contacts: Contacts, number: int, said: ContactFunctionChanged) -> None:
        known = contacts.contact(said.contact_id)
        if known.municipality and not self._is_ours(known.municipality):
            self._refuse(number, [NOT_YOURS])
        elif known.present == said:
            self.summary.unchanged += 1
        else:
            if known.present:
                self.summary.changed += 1
            else:
                self.summary.created += 1
            contacts.become(known, said)

    def _batches(self, lines: NumberedLines, model: type[Line]) -> Iterator[list[tuple[int, Line]]]:
        """Yield the lines that can be read, some hundreds at a time; refuse the others."""
        good: list[tuple[int, Line]] = []
        for number, line in lines:
            try:
                good.append((number, self._read(model, line)))
            except Invalid as invalid:
                self._refuse(number, invalid.errors)
            if len(good) == LINES_A_TRANSACTION:
                yield good
                good = []
        if good:
            yield good

    def _read(self, model: type[Line], line: bytes) -> Line:
        if len(line) > LONGEST_LINE:
            raise Invalid([FieldError("$", "must be at most 256 kB")])
        said = parse(model, line)
        if isinstance(said, ActivityPublished) and (errors := not_to_be_kept(said)):
            raise Invalid(errors)
        key: UUID = getattr(said, model.key_field)
        if key in self._seen:
            raise Invalid([FieldError(model.key_field, EARLIER)])
        if not self._is_ours(said.municipality):
            raise Invalid([NOT_YOURS])
        self._seen.add(key)
        return said

    def _is_ours(self, municipality: str) -> bool:
        return self.municipality in (None, municipality)

    def _refuse(self, number: int, errors: Sequence[FieldError]) -> None:
        self.summary.refused += 1
        self.tell(number, "error", errors)
