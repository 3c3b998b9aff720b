"""Alembic's way in: it hands over the tables of the referral service."""

from services.referral.tables import metadata
from services.runtime.migrations import run

run(metadata)
