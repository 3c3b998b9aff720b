"""What is wrong with some activities of the demo, each a reason not to be proposed or a detour on the way."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

Activity = dict[str, Any]
Flaw = Callable[[random.Random, date, Activity], None]


def _none(_rng: random.Random, _on: date, _activity: Activity) -> None:
    """Nearly all is well."""


def _not_published(rng: random.Random, _on: date, activity: Activity) -> None:
    activity["status"] = rng.choice(("draft", "paused", "ended"))


def _full(rng: random.Random, _on: date, activity: Activity) -> None:
    maximum = activity["seats"]["maximum"] or 30
    activity["seats"] = {"maximum": maximum, "taken": maximum + rng.choice((0, 0, 0, 2))}


def _last_seat(_rng: random.Random, _on: date, activity: Activity) -> None:
    maximum = activity["seats"]["maximum"] or 30
    activity["seats"] = {"maximum": maximum, "taken": maximum - 1}


def _never_verified(_rng: random.Random, _on: date, activity: Activity) -> None:
    activity["verified_on"] = None


def _verified_long_ago(rng: random.Random, on: date, activity: Activity) -> None:
    activity["verified_on"] = (on - timedelta(days=rng.randint(181, 600))).isoformat()


def _season_over(rng: random.Random, on: date, activity: Activity) -> None:
    last_on = (on - timedelta(days=rng.randint(1, 90))).isoformat()
    for session in activity["sessions"]:
        session.update(first_on=None, last_on=last_on)


def _without_agreement(_rng: random.Random, _on: date, activity: Activity) -> None:
    activity["agreement"] = None


def _agreement_expired(rng: random.Random, on: date, activity: Activity) -> None:
    if activity["agreement"]:
        activity["agreement"]["valid_to"] = (on - timedelta(days=rng.randint(1, 20))).isoformat()


def _without_contact(_rng: random.Random, _on: date, activity: Activity) -> None:
    activity["contact_id"] = None


FLAWS: dict[Flaw, int] = {
    _none: 53,
    _not_published: 8,
    _full: 8,
    _last_seat: 7,
    _never_verified: 4,
    _verified_long_ago: 4,
    _season_over: 4,
    _without_agreement: 4,
    _agreement_expired: 4,
    _without_contact: 4,
}
"""How many in a hundred activities have which."""
