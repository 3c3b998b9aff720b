"""What hands notices over, whatever the channel. Never what they say, never whether they may be sent."""

from collections.abc import Sequence
from typing import Protocol

from services.coordinator.mail import Mail
from services.coordinator.smtp import Delivery


class Notifier(Protocol):
    """Hands mails over and tells what became of each."""

    async def send(self, mails: Sequence[Mail]) -> Sequence[Delivery]:
        """Return what became of each mail, in order."""
