"""What this service asks and tells the activities service. Never anything about a referral."""

from datetime import date
from uuid import UUID

from services.coordinator.other_service import OtherService


class ActivitiesService(OtherService):
    """The activities service as this service sees it."""

    async def pause(self, activity_id: UUID, until: date) -> bool:
        """Pause the activity up to and with the day; return whether that is done with: taken, or no longer possible."""
        path = f"/activities/{activity_id}/pause"
        return await self.call("activity.pause", "PUT", path, json={"until": until.isoformat()}) is not None
