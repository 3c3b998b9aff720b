"""In which of our languages somebody reads a page: what they switched to, their claim, their browser. Never a text.

The switch is a link to the same page with `language` in its address; the browser then keeps it, for all services.
"""

from typing import Final

from fastapi import Request, Response
from starlette.datastructures import URL

from schemas.sentences import Language

OURS: Final[dict[str, Language]] = {"sv": "sv", "nb": "nb", "no": "nb", "nn": "nb", "en": "en"}
NAMES: Final[dict[Language, str]] = {"sv": "Svenska", "nb": "Norsk", "en": "English"}
"""What each language calls itself."""
QUERY: Final = "language"
COOKIE: Final = "motesplats_language"
A_YEAR: Final = 365 * 24 * 60 * 60
"""Seconds."""


def preferred(accept_language: str, otherwise: Language = "en") -> Language:
    """Return the language of ours that `Accept-Language` likes best."""
    best: tuple[float, Language] = (0.0, otherwise)
    for wish in accept_language.lower().split(","):
        tag, _, weight = wish.partition(";")
        language = _ours(tag.strip())
        liking = _weight(weight)
        if language and liking > best[0]:
            best = liking, language
    return best[1]


def chosen(request: Request) -> Language | None:
    """Return the language that the reader switched to or signed in with (the claim `locale`); None: neither."""
    caller = getattr(request.state, "caller", None)
    said = (request.query_params.get(QUERY), request.cookies.get(COOKIE), caller and caller.locale)
    return next((language for each in said if each and (language := _ours(each.lower()))), None)


def language_of(request: Request) -> Language:
    """Return in which language the reader is shown a page."""
    return chosen(request) or preferred(request.headers.get("accept-language", ""))


def switches(request: Request, path: str | None = None) -> list[tuple[Language, str, str]]:
    """Return each language, its name, and the address in it of this page, or of the one at the path."""
    url = URL(path) if path else request.url
    addresses = ((code, name, url.include_query_params(**{QUERY: code})) for code, name in NAMES.items())
    return [(code, name, f"{address.path}?{address.query}") for code, name, address in addresses]


def remember(request: Request, answer: Response) -> None:
    """Have the browser keep the language that this request switched to."""
    if language := _ours(request.query_params.get(QUERY, "")):
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, language, max_age=A_YEAR, secure=secure, httponly=True, samesite="lax")


def _ours(tag: str) -> Language | None:
    return OURS.get(tag.replace("_", "-").partition("-")[0])


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
