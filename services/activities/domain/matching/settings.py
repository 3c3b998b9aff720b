"""The numbers that matching is tuned by. Never a rule."""

from typing import Final, NamedTuple

from services.activities.domain.matching.model import Terms


class Settings(NamedTuple):
    """What each term weighs, and for how many days a verification counts."""

    weights: Terms = Terms(interest=0.45, distance=0.20, time=0.10, preference=0.10, seats=0.10, freshness=0.05)
    verified_days: int = 180


CONTRACT: Final = Settings()
"""As `contracts.md` fixes them."""
