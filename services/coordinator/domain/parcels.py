"""What goes out together, to whom, and what is put off for a digest. Never its words, never how it is sent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.coordinator.domain.notice import Due, Recipient
from services.coordinator.domain.pacing import Reader, digest_at, how_many_singly

TRIED_TWICE: Final = 2
Readers = Mapping[str, Reader]
"""What is known of each function by its id, or of each municipality's coordinator by its code."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Notices that go to one recipient in one message, by their places in the batch."""

    recipient: Recipient
    places: tuple[int, ...]

    @property
    def is_mail(self) -> bool:
        """Tell whether it goes to the mail server; a webhook knows by its id what it has had already."""
        return self.recipient.address.channel == "email"


def new_of_each(due: Iterable[Due]) -> dict[str, int]:
    """Return how many of each function's messages are sent for the first time; a digest is one."""
    single = Counter({one.function: 0 for one in due})
    single.update(one.function for one in due if one.attempts == 1 and one.bundle_at is None)
    single.update(function for function, _ in {(one.function, one.bundle_at) for one in due if one.bundle_at})
    return dict(single)


def put_off(due: Iterable[Due], readers: Readers, most: int, now: datetime) -> dict[tuple[UUID, int], datetime]:
    """Return which of the new notices are too many for now, and until when each waits."""
    new: dict[str, list[Due]] = defaultdict(list)
    for one in due:
        if one.attempts == 1 and one.bundle_at is None:
            new[one.function].append(one)
    return {
        (one.referral_id, one.choice): digest_at(readers[function], now, one.municipality)
        for function, found in new.items()
        for one in found[how_many_singly(readers[function], len(found), most) :]
    }


def parcels_of(due: Sequence[Due], sendable: Mapping[int, Recipient]) -> list[Parcel]:
    """Return what goes out: each notice by itself, but those of a digest together.

    Mails go first, and of these last what was not taken twice: should the server hang on it again, others are out.
    """
    digests: dict[tuple[str, str, datetime], list[int]] = defaultdict(list)
    parcels = []
    for place, recipient in sendable.items():
        one = due[place]
        if one.bundle_at is None:
            parcels.append(Parcel(recipient, (place,)))
        else:
            digests[one.function, recipient.address.to, one.bundle_at].append(place)
    parcels += [Parcel(sendable[places[0]], tuple(places)) for places in digests.values()]
    return sorted(parcels, key=lambda parcel: (not parcel.is_mail, due[parcel.places[0]].attempts > TRIED_TWICE))
