"""Which activities fit a referral, why, and why the others do not: pure, from `contracts.md`, Matching.

`rules` and `terms` have a function under the code of each; `reasons` is what is told. `shelf` lays out what
serves a municipality, in `columns` and `sets`, from `records`; `asked` puts needs to a shelf, `ranking` finds the best,
`spreading` lets near equals take turns, `catalogue` puts all together. `settings` are a municipality's
numbers, `model` is what matching reads and answers. Never here: where activities come from or what happens
to a match.
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
from services.activities.domain.matching.records import LAYOUT, Records, record_of
from services.activities.domain.matching.settings import Settings
from services.activities.domain.matching.spreading import NEARLY_EQUAL

__all__ = [
    "LAYOUT",
    "NEARLY_EQUAL",
    "Activity",
    "Catalogue",
    "Cost",
    "Match",
    "Need",
    "Period",
    "Position",
    "Proposal",
    "Records",
    "Session",
    "Settings",
    "Terms",
    "WeekTime",
    "record_of",
]
