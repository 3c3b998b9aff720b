"""How simulated contact functions answer: by the invitation alone, so that a run repeats. Never a mail."""

import random
from typing import Literal

from services.demo.draws import one_of

Answer = Literal["accept", "decline", "silence"]

_ANSWERS: dict[Answer, int] = {"accept": 60, "decline": 20, "silence": 20}


def answer_of(invitation: str | int, seed: int) -> Answer:
    """Return the answer to an invitation, named by its token or its mail's number: the same every time."""
    return one_of(random.Random(f"{seed}:{invitation}"), _ANSWERS)  # noqa: S311 - repeatable, not secret
