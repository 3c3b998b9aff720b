"""The catalogue after very many changes is the catalogue built anew, and time by itself changes it too."""

from datetime import date, timedelta
from random import Random

from services.activities.domain.matching import Activity, Catalogue, Match, Need
from services.activities.domain.matching.settings import Settings
from tests.support import random_matching
from tests.support.builders import Json, a_referral, an_activity, number
from tests.support.matching import a_catalogue, read_activity, read_need

CHANGES, COMPARED_EVERY, ACTIVITIES = 5_000, 100, 60
FIRST_DAY = date(2024, 9, 10)
DAYS_BETWEEN = 10
VOLUNTARY = {"organiser_id": "o-1", "name": "Turlaget", "kind": "voluntary"}
NO_SETTINGS: dict[str, Settings] = {}


class Town:
    """A catalogue that is changed, and beside it what it should know."""

    def __init__(self, random: Random) -> None:
        self.random, self.catalogue = random, Catalogue()
        self.known: dict[str, Activity] = {}
        self.settings = dict(NO_SETTINGS)

    def changes(self) -> None:
        """Have an activity be published, paused, moved, verified, seated or withdrawn, or settings be others."""
        activity = read_activity(random_matching.activity(self.random, self.random.randint(1, ACTIVITIES)))
        activity_id, chance = activity.activity_id, self.random.random()
        if chance < 0.2:
            self.known.pop(activity_id, None)
            self.catalogue.remove(activity_id)
        elif chance < 0.5 and activity_id in self.known:
            seats = {"maximum": activity.maximum, "taken": activity.taken}
            self.known[activity_id] = self.known[activity_id]._replace(**seats)
            self.catalogue.seat(activity_id, **seats)
        elif chance < 0.52:
            self.adopts(Settings(version=self.random.randint(1, 9), verified_days=self.random.choice([30, 180, 365])))
        else:
            self.known[activity_id] = activity
            self.catalogue.put(activity)

    def adopts(self, settings: Settings) -> None:
        """Have a municipality's settings be these."""
        municipality = self.random.choice(random_matching.MUNICIPALITIES)
        self.settings[municipality] = settings
        self.catalogue.adopt(municipality, settings)

    def anew(self) -> Catalogue:
        """Return a catalogue that never was another."""
        catalogue = Catalogue()
        for municipality, settings in self.settings.items():
            catalogue.adopt(municipality, settings)
        catalogue.put(*self.known.values())
        return catalogue


def answers(catalogue: Catalogue, needs: list[Need], on: date) -> list[Match]:
    return [match for _, match in sorted(catalogue.matches(needs, on), key=lambda each: each[0])]


def test_after_five_thousand_changes_the_catalogue_is_as_one_built_anew() -> None:
    random = Random(5)  # noqa: S311 - changes, not secrets
    town, on = Town(random), FIRST_DAY
    for done in range(1, CHANGES + 1):
        town.changes()
        if done % COMPARED_EVERY == 0:
            on += timedelta(days=random.randint(0, DAYS_BETWEEN))
            needs = [read_need(random_matching.referral(random)) for _ in range(10)]
            assert answers(town.catalogue, needs, on) == answers(town.anew(), needs, on)
            assert len(town.catalogue) == len(town.known)


def proposed(catalogue: Catalogue, on: str) -> list[str]:
    return [
        proposal.activity_id for proposal in catalogue.match(read_need(a_referral()), date.fromisoformat(on)).proposals
    ]


def test_an_agreement_begins_and_ends_at_midnight() -> None:
    agreement: Json = {"valid_from": "2025-03-13", "valid_to": "2025-03-14"}
    catalogue = a_catalogue(an_activity(organiser=VOLUNTARY, agreement=agreement))
    assert proposed(catalogue, "2025-03-12") == []
    assert proposed(catalogue, "2025-03-13") == [number(1)]
    assert proposed(catalogue, "2025-03-14") == [number(1)]
    assert proposed(catalogue, "2025-03-15") == []
    assert not catalogue.is_open(number(1), date(2025, 3, 15))


def test_a_verification_ends_by_itself_after_180_days() -> None:
    catalogue = a_catalogue(an_activity(verified_on="2025-03-12"))
    assert proposed(catalogue, "2025-09-08") == [number(1)]
    assert proposed(catalogue, "2025-09-09") == []


def test_sessions_end_by_themselves_the_day_after_the_last() -> None:
    last = an_activity()["sessions"][0] | {"last_on": "2025-03-20"}
    catalogue = a_catalogue(an_activity(sessions=[last]))
    assert proposed(catalogue, "2025-03-20") == [number(1)]
    assert proposed(catalogue, "2025-03-21") == []
