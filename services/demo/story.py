"""What a run of the demo sent and heard, from outside the services. Never what they know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal

from schemas.strict import FieldError
from services.demo.catalogue import Catalogue
from services.demo.contacts_people import Answer
from services.demo.referrals import Request


@dataclass(frozen=True)
class Answered:
    """What became of one notice: the answer, and after accepting the page of what is shared, when asked for (UTC)."""

    answer: Answer | Literal["too_late"]
    asked_at: datetime
    shared_page: str = ""


@dataclass
class Story:
    """What happened, by referral id or by the token of an answer link."""

    catalogue: Catalogue
    requests: Sequence[Request]
    sent_at: dict[str, datetime] = field(default_factory=dict)
    refused: dict[str, Sequence[FieldError]] = field(default_factory=dict)
    """What centres were told is wrong with a request, over HTTP or on their own topic."""
    states: dict[str, str] = field(default_factory=dict)
    """As centres last heard."""
    contact_given: dict[str, datetime] = field(default_factory=dict)
    """When centres had told (UTC) how a participant is reached, where the request could not."""
    answers: dict[str, Answered] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    """Answers over HTTP that nobody expected."""

    @cached_property
    def by_id(self) -> Mapping[str, Request]:
        """The requests by their referral ids."""
        return {request.body["referral_id"]: request for request in self.requests}

    def knew_contact(self, referral_id: str, at: datetime) -> bool:
        """Tell whether the referral service had been told by then how the participant is reached."""
        over_http = self.by_id[referral_id].over == "http"
        return over_http or (referral_id in self.contact_given and self.contact_given[referral_id] < at)
