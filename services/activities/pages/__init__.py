"""The pages: the public catalogue, and the buttons of the coordinator's day page that change it."""

from typing import Final

from services.activities.pages.catalogue import router as catalogue
from services.activities.pages.keeping import router as keeping

ROUTERS: Final = (catalogue, keeping)
