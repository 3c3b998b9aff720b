"""A mail server with moods: it takes mail, hangs, says later, or takes it and hangs up before saying so."""

from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.demo.contact_functions import LINK, invitations
from services.runtime.embedded.mail import MailCatcher
from tests.support import ledger
from tests.support.waiting import until

HANGS_SECONDS = 120
Mood = Literal["takes", "hangs", "says later", "hangs up"]


class MailServer(MailCatcher):
    """Keeps every mail that it took, also those of which it never said so."""

    def __init__(self) -> None:
        super().__init__(keep=1_000_000)
        self.mood: Mood = "takes"
        self.unsaid: set[int] = set()
        """Numbers of the mails that it took before it hung up."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it
        """Do what the mood says."""
        await until(lambda: self.mood != "hangs", within=HANGS_SECONDS)
        if self.mood == "says later":
            return "451 Later"
        said = await super().handle_DATA(server, session, envelope)
        if self.mood == "hangs up" and server.transport:
            self.unsaid.add(self.received)
            server.transport.abort()
        return said

    def taken(self) -> list[ledger.Mail]:
        """Return the mails that invite to answer, as a ledger has them."""
        return [
            ledger.Mail(
                message_id=mail.message_id,
                token=link[1] if (link := LINK.search(mail.text)) else "",
                text=mail.raw.decode(errors="replace") + mail.text,
                was_said=mail.number not in self.unsaid,
            )
            for mail in invitations(self)
        ]
