"""What all pages share: the templates' environment, the layout, the stylesheet. Never a page of a service."""

from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schemas.sentences import Language
from services.runtime.languages import language_of, remember, switches
from services.runtime.page_texts import AROUND

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
    environment: Environment,
    request: Request,
    template: str,
    *,
    status: int = 200,
    language: Language | None = None,
    got_at: str | None = None,
    **context: object,
) -> HTMLResponse:
    """Return the page in the language, the reader's if None; the template also knows what `layout_of` gives.

    A page that can be read in another language includes `languages.html`; `got_at` is its path, if it answers a form.
    """
    layout = layout_of(request, language or language_of(request))
    text = environment.get_template(template).render(**layout, switches=switches(request, got_at), **context)
    answer = HTMLResponse(text, int(status))
    remember(request, answer)
    return answer


def layout_of(request: Request, language: Language) -> dict[str, object]:
    """Return what the layout of a page needs; there is no way out for whoever is not signed in."""
    state = request.app.state
    sign_in = state.sessions.sign_in if state.sessions else None
    is_known = sign_in and hasattr(request.state, "caller")
    return layout(state.service, language, sign_in=sign_in, sign_out=f"{sign_in}/out" if is_known else None)


def layout(
    service: str, language: Language, *, sign_in: str | None = None, sign_out: str | None = None
) -> dict[str, object]:
    """Return the same outside of a request: the first segment of our paths, and where one signs in and out."""
    around = AROUND[language]
    return {"service": service, "language": language, "around": around, "sign_in": sign_in, "sign_out": sign_out}
