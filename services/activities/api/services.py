"""The public catalogue for machines: Open Referral's HSDS 3, read only, open to all."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.activities.api.parts import Here
from services.activities.hsds import service
from services.activities.store.lists import find_activity, published_activities
from services.runtime.errors import NotFound
from services.runtime.guards import open_to_all

router = APIRouter(prefix="/services", tags=["public catalogue"], dependencies=[open_to_all])

MOST_PAGES = 1_000_000


class ServicePage(BaseModel):
    """A page as HSDS 3 has it."""

    total_items: int
    total_pages: int
    page_number: int
    size: int
    first_page: bool
    last_page: bool
    empty: bool
    contents: list[dict[str, Any]]


@router.get("")
async def list_services(
    here: Here,
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = 50,
    municipality: str | None = None,
) -> ServicePage:
    """List what is published, by name, as HSDS pages; `municipality` (as `NO-5501`) is ours."""
    async with here.service.engine.connect() as connection:
        found, total = await published_activities(connection, municipality, skip=(page - 1) * per_page, limit=per_page)
    pages = -(-total // per_page)
    return ServicePage(
        total_items=total,
        total_pages=pages,
        page_number=page,
        size=len(found),
        first_page=page == 1,
        last_page=page >= pages,
        empty=not found,
        contents=[service(activity) for activity in found],
    )


@router.get("/{service_id}")
async def show_service(service_id: UUID, here: Here) -> dict[str, Any]:
    """Show what is published under the id."""
    async with here.service.engine.connect() as connection:
        found = await find_activity(connection, service_id)
    if found is None or found.status != "published":
        raise NotFound("Nothing is published under this id.")
    return service(found)
