"""Pages to read the caught mails: a list and one mail. They load nothing from outside, and change nothing."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from markupsafe import Markup, escape
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from services.runtime.embedded.mail import MailCatcher

TEMPLATES = Path(__file__).with_name("templates")
SHOWN = 200
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
LINK = re.compile(r"https?://[^\s<>\"']+")


def mail_page(catcher: MailCatcher) -> Starlette:
    """Return an application to mount under a path, with the newest mails first and one page a mail."""
    templates = Jinja2Templates(TEMPLATES)

    async def mails(request: Request) -> Response:
        newest = list(catcher.messages)[: -SHOWN - 1 : -1]
        context = {"mails": newest, "received": catcher.received}
        return templates.TemplateResponse(request, "mails.html", context, headers=HEADERS)

    async def one_mail(request: Request) -> Response:
        mail = catcher.mail(request.path_params["number"])
        if mail is None:
            raise HTTPException(404)
        context = {"mail": mail, "text": with_own_links(mail.text, request.headers)}
        return templates.TemplateResponse(request, "mail.html", context, headers=HEADERS)

    async def style(_: Request) -> Response:
        return FileResponse(TEMPLATES / "mail.css", headers=HEADERS)

    return Starlette(
        routes=[Route("/", mails), Route("/mail.css", style), Route("/{number:int}", one_mail)],
    )


def with_own_links(text: str, headers: Headers) -> Markup:
    """Return the text as HTML in which links to the host that was asked, and no others, can be followed."""
    host = headers.get("host", "")
    html, end = Markup(), 0
    for found in LINK.finditer(text):
        url = found.group().rstrip(".,;:!?)")
        if urlsplit(url).netloc == host:
            html += escape(text[end : found.start()]) + Markup('<a href="{0}">{0}</a>').format(url)
            end = found.start() + len(url)
    return html + escape(text[end:])
