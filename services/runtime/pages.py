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
    """Return the page; the template also knows what `around` gives."""
    text = environment.get_template(template).render(**around(request), **context)
    return HTMLResponse(text, int(status))


def around(request: Request) -> dict[str, str | None]:
    """Return what the layout needs: `service`, the first segment of our paths, and where one signs in and out.

    There is no way out for whoever is not signed in.
    """
    state = request.app.state
    sign_in = state.sessions.sign_in if state.sessions else None
    is_known = sign_in and hasattr(request.state, "caller")
    return {"service": state.service, "sign_in": sign_in, "sign_out": f"{sign_in}/out" if is_known else None}
