"""What this service asks and tells the activities service. Never anything about a referral."""

from datetime import date
from http import HTTPStatus
from uuid import UUID

from pydantic import ValidationError

from schemas.parts import Away
from schemas.today import Today
from schemas.walk_ins import SeatsNow, WalkIns
from services.coordinator.other_service import OtherService
from services.runtime.errors import Unavailable


class ActivitiesService(OtherService):
    """The activities service as this service sees it."""

    async def pause(self, activity_id: UUID, until: date) -> bool:
        """Pause the activity up to and with the day; return whether that is done with: taken, or no longer possible."""
        path = f"/activities/{activity_id}/pause"
        return await self.call("activity.pause", "PUT", path, json={"until": until.isoformat()}) is not None

    async def verify(self, activity_id: UUID) -> bool:
        """Say that a human has verified the activity today; return whether that is done with, as above."""
        return await self.call("activity.verify", "PUT", f"/activities/{activity_id}/verification") is not None

    async def add_absence(self, contact_id: UUID, away: Away) -> bool:
        """Say who of a contact function is away when; return whether that is done with, as above."""
        path, body = f"/contacts/{contact_id}/absence", away.model_dump(mode="json")
        return await self.call("contact.absence", "PUT", path, json=body) is not None

    async def count_walk_ins(self, activity_id: UUID, counted: WalkIns) -> SeatsNow | None:
        """Say how many come by themselves; return the seats, None if there is no such activity; Unavailable."""
        path, body = f"/activities/{activity_id}/walk-ins", counted.model_dump()
        answer = await self.call("activity.count", "PUT", path, json=body)
        if answer is None:
            raise Unavailable("The activities service does not answer; try again in a while.")
        return SeatsNow.model_validate_json(answer.content) if answer.status_code == HTTPStatus.OK else None

    async def today(self, municipality: str) -> Today | None:
        """Return what of the municipality's catalogue needs its coordinator, None without an answer."""
        answer = await self.call("today.read", "GET", "/today", params={"municipality": municipality})
        try:
            return None if answer is None else Today.model_validate_json(answer.content)
        except ValidationError:
            return None
