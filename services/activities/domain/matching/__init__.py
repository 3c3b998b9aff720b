"""Which activities fit a referral, why, and why the others do not: pure, from `contracts.md`, Matching.

`model` says what matching reads and gives, `rules` what excludes, `terms` what ranks, `reasons` what is
told, `serving` lays activities out to be asked quickly, `catalogue` puts all together. Never here: where
activities come from or what happens to a match.
"""

from services.activities.domain.matching.catalogue import Catalogue
from services.activities.domain.matching.geography import Position
from services.activities.domain.matching.model import (
    Activity,
    Cost,
    Match,
    Need,
    Period,
    Proposal,
    Session,
    Terms,
    WeekTime,
)
from services.activities.domain.matching.settings import Settings

__all__ = [
    "Activity",
    "Catalogue",
    "Cost",
    "Match",
    "Need",
    "Period",
    "Position",
    "Proposal",
    "Session",
    "Settings",
    "Terms",
    "WeekTime",
]
