"""Why an activity is proposed, as codes. Never a sentence: those are made where shown (`schemas.sentences`)."""

from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from schemas.vocabulary import GroupSizeWish
from services.activities.domain.matching.columns import (
    FREE,
    HOME,
    NAMES_LANGUAGE,
    ONLINE,
    PEER_LED,
    PLACE,
    SCHEDULED,
    SMALL,
)
from services.activities.domain.matching.model import Need


class Wished(NamedTuple):
    """What of a need a reason can answer to."""

    interests: bool
    free_times: bool
    languages: bool
    access_needs: bool
    peer_led: bool | None
    group_size: GroupSizeWish


def wished_of(need: Need) -> Wished:
    """Return what of the need a reason can answer to."""
    return Wished(
        interests=bool(need.interests),
        free_times=bool(need.free_times),
        languages=bool(need.languages),
        access_needs=bool(need.access_needs),
        peer_led=need.peer_led,
        group_size=need.group_size,
    )


@lru_cache(maxsize=10_000)  # few differ, and to remember is quicker than to tell anew
def reasons_for(traits: int, wished: Wished, interest: float, time: float) -> tuple[str, ...]:
    """Return the codes of all that speaks for an activity, by its terms too, the most telling first; never empty."""
    speaks = what_speaks_for(traits, wished, interest, time)
    return tuple(compress(speaks, speaks.values()))


def what_speaks_for(traits: int, wished: Wished, interest: float, time: float) -> dict[str, object]:
    """Return for each code, the most telling first, whether it holds: whatever is true in Python."""
    return {
        "interest": wished.interests and interest == 1,
        "kind": wished.interests and 0 < interest < 1,
        "near": traits & PLACE,
        "online": traits & ONLINE,
        "home": traits & HOME,
        "all_times": wished.free_times and traits & SCHEDULED and time == 1,
        "some_times": time < 1,
        "by_appointment": not traits & SCHEDULED,
        "peer_led": wished.peer_led and traits & PEER_LED,
        "group_size": wished.group_size == ("small" if traits & SMALL else "large"),
        "language": wished.languages and traits & NAMES_LANGUAGE,
        "access": wished.access_needs,
        "free": traits & FREE,
        "seats": True,
    }
