"""The numbers that matching is tuned by: the contract's, and a municipality's own. Never a rule."""

from typing import Final, NamedTuple

from services.activities.domain.matching.model import Terms

RULES_VERSION: Final = 1
"""To be raised with every change of what a rule or a term means: each proposal says by which it was made."""


class Settings(NamedTuple):
    """A municipality's choices, by a version that counts them; 0 is the contract's.

    What each term weighs for its participants, for how many days a verification of its own activities counts, and how
    far away a place may be for a participant who named no distance.
    """

    version: int = 0
    weights: Terms = Terms(interest=0.45, distance=0.20, time=0.10, preference=0.10, seats=0.10, freshness=0.05)
    verified_days: int = 180
    default_distance_km: float = 10.0


CONTRACT: Final = Settings()
"""As `contracts.md` fixes them."""
