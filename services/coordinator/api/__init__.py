"""The HTTP calls, one file for each thing they are about. Never SQL."""

from services.coordinator.api.municipalities import coordinator_api
from services.coordinator.api.notices import Trying, notices_api

__all__ = ["Trying", "coordinator_api", "notices_api"]
