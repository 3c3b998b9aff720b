"""Which activities fit a referral, why, and why the others do not: pure, from `contracts.md`, Matching.

`model` says what matching reads and gives, `rules` what excludes, `terms` what ranks, `reasons` what is
told, `catalogue` puts them together. Never here: where activities come from or what happens to a match.
"""

from services.activities.domain.matching.catalogue import Catalogue
from services.activities.domain.matching.geography import Position
from services.activities.domain.matching.model import (
    Activity,
    Cost,
    FreeTime,
    Match,
    Need,
    Period,
    Proposal,
    Session,
    Terms,
)
from services.activities.domain.matching.settings import Settings

__all__ = [
    "Activity",
    "Catalogue",
    "Cost",
    "FreeTime",
    "Match",
    "Need",
    "Period",
    "Position",
    "Proposal",
    "Session",
    "Settings",
    "Terms",
]
