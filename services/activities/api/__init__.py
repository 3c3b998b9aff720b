"""The HTTP calls, one file for each thing they are about. Never SQL."""

from typing import Final

from services.activities.api import activities, contacts, imports, matching, registers, services

ROUTERS: Final = (
    activities.router,
    registers.router,
    contacts.router,
    imports.router,
    matching.router,
    services.router,
)
