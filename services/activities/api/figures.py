"""What a coordinator wants to know of the municipality's catalogue as a whole. Never about who is referred."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from services.activities.api.parts import Coordinator, Here
from services.activities.store.contacts import dependence

router = APIRouter(prefix="/figures", tags=["figures"])


class Dependence(BaseModel):
    """How much of what is published hangs on one single person."""

    model_config = ConfigDict(from_attributes=True)

    activities: int
    on_one_person: int
    """Those whose contact function has no deputy, or that have no contact function, so that the coordinator is it."""
    without_contact_function: int
    share_on_one_person: float | None
    """0..1, rounded to two decimals; null where nothing is published."""


@router.get("/dependence")
async def show_dependence(caller: Coordinator, here: Here) -> Dependence:
    """Show how many of the municipality's published activities hang on one single person."""
    async with here.service.engine.connect() as connection:
        return Dependence.model_validate(await dependence(connection, caller.municipality or ""))
