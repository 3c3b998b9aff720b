"""What is remembered of a handover of an invitation: who had it, who has it now, and why. Never how that is said.

Whoever hands over gives the invitation to the next of the function who is there and can be reached, never back. So it
ends, though whoever takes over late gets as long to answer as a deputy who is asked because of silence.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.coordinator.domain.contact_function import Channel, ContactFunction, in_charge

Cause = Literal["by_hand", "function_changed", "bounced"]
"""Whoever was asked did it; somebody else answers for the function now; their address refuses what we send."""


@dataclass(frozen=True, slots=True)
class Handover:
    """An invitation changed hands; places as in InCharge."""

    generation: int
    """Of the link that was given up."""
    cause: Cause
    at: datetime
    giver: int
    taker: int | None
    """None: whoever is in charge when the notice goes out."""
    until: date | None = None
    """The last day on which whoever handed over said to be away."""


def taker_of(
    function: ContactFunction,
    giver: int,
    on: date,
    *,
    bounced: Collection[str],
    channels: Collection[Channel],
) -> int | None:
    """Return the place of who takes over from whoever has a place; None where nobody behind is there and reached."""
    found = in_charge(function, on, after=giver, bounced=bounced, channels=channels)
    return found.place if found and found.reached_by(channels) else None
