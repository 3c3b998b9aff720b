"""The HTTP calls, one file for each thing they are about. Never SQL."""

from typing import Final

from services.activities.api.activities import router as activities
from services.activities.api.contacts import router as contacts
from services.activities.api.ending import router as ending
from services.activities.api.figures import router as figures
from services.activities.api.imports import router as imports
from services.activities.api.matching import router as matching
from services.activities.api.registers import router as registers
from services.activities.api.services import router as services
from services.activities.api.settings import router as settings
from services.activities.api.walk_ins import router as walk_ins

ROUTERS: Final = (activities, walk_ins, registers, contacts, figures, imports, matching, settings, services, ending)
