"""What Alembic asks first: whose tables these are."""

from services.coordinator.tables import metadata
from services.runtime.migrations import run

run(metadata)
