"""The public page: what one can take part in, open to all, without a script. Changes nothing."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.activities.api.parts import Here
from services.activities.store.lists import published_activities, published_municipalities
from services.activities.words import WORDS
from services.runtime.guards import open_to_all
from services.runtime.languages import language_of
from services.runtime.pages import environment, page

PAGES: Final = environment(Path(__file__).parent.parent / "templates")
A_PAGE: Final = 30

router = APIRouter(dependencies=[open_to_all])


@router.get("/")
async def catalogue_page(
    request: Request,
    here: Here,
    municipality: str = "",
    number: Annotated[int, Query(ge=1, le=1_000_000, alias="page")] = 1,
) -> HTMLResponse:
    """Show what is published, by name, in one municipality or in all."""
    async with here.service.engine.connect() as connection:
        municipalities = await published_municipalities(connection)
        found, total = await published_activities(
            connection, municipality or None, skip=(number - 1) * A_PAGE, limit=A_PAGE
        )
    language = language_of(request)
    return page(
        PAGES,
        request,
        "catalogue.html",
        language=language,
        words=WORDS[language],
        activities=found,
        municipalities=municipalities,
        municipality=municipality,
        number=number,
        last=number * A_PAGE >= total,
    )
