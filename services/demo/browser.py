"""What a browser does with a page: finds the forms and what each would send. Never a script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

WRITTEN: Final = ("number", "date")
"""Kinds of inputs into which anything may be written."""


@dataclass
class Form:
    """A form: where it goes, what it always sends, what else its buttons and choices can send, what is written in."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: set[tuple[str, str]] = field(default_factory=set)
    written: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """The forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a form, or what stands in one."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag in ("input", "button") and self.forms and "name" in given:
            named = (given["name"], given.get("value", ""))
            if given.get("type") == "hidden":
                self.forms[-1].fields |= {named[0]: named[1]}
            elif given.get("type") in WRITTEN:
                self.forms[-1].written.add(named[0])
            else:
                self.forms[-1].choices.add(named)

    def filled_in(self, wanted: Mapping[str, str], to: str = "") -> tuple[str, dict[str, str]]:
        """Return where the form leads that can send these values, and all that it sends; LookupError.

        Only a form whose address ends with `to` will do.
        """
        for form in self.forms:
            possible = form.choices | set(form.fields.items())
            chosen = {named for named in wanted.items() if named[0] not in form.written}
            if form.action.endswith(to) and possible.issuperset(chosen):
                return form.action, form.fields | dict(wanted)
        raise LookupError(f"no form of the page sends {sorted(wanted)}")
