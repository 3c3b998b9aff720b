"""Alembic's way in: it hands over the tables of the activities service."""

from services.activities.tables import metadata
from services.runtime.migrations import run

run(metadata)
