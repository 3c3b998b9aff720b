"""Pages of the coordinator service. Never a decision: that is in `domain/`."""

from fastapi import APIRouter

from services.coordinator.pages import afterwards, answers, handing_over, questions, walk_ins
from services.coordinator.pages.parts import Parts


def answer_pages(parts: Parts) -> APIRouter:
    """Return the routes of the answer links."""
    router = APIRouter(prefix="/answer/{token}")
    for part in (answers, afterwards, questions, handing_over, walk_ins):
        part.add_routes(router, parts)
    return router
