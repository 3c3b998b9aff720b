"""What all pages share: the templates' environment, the layout, the stylesheet. Never a page of a service."""

from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE: Final = Path(__file__).parent
STYLESHEET: Final = (HERE / "static" / "motesplats.css").read_text()


def environment(*folders: Path) -> Environment:
    """Return where templates are found: in the service's folders, then here (`base.html`).

    All text is escaped, and a name that the page was not given is an error rather than an empty place.
    """
    return Environment(
        loader=FileSystemLoader([*folders, HERE / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


RUNTIME_PAGES: Final = environment()


def page(
    environment: Environment, request: Request, template: str, *, status: int = 200, **context: object
) -> HTMLResponse:
    """Return the page; the template also knows `service`, the first segment of our paths."""
    text = environment.get_template(template).render(service=request.app.state.service, **context)
    return HTMLResponse(text, int(status))
