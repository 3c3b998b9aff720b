from uuid import UUID

import pytest

from services.activities.domain.seats import (
    Held,
    Outcome,
    Referral,
    Refused,
    Released,
    Reserved,
    Seats,
    choose,
    end_choice,
    end_referral,
    keep_seat,
)
from tests.support.builders import number

WALK, CHOIR, NOWHERE = UUID(number(1)), UUID(number(2)), UUID(number(3))
REFERRAL = UUID(number(9))


class Story:
    """One referral, an activity with one free seat, and one without limit."""

    def __init__(self) -> None:
        self.referral = Referral(REFERRAL)
        self.seats = {WALK: Seats(maximum=2, taken=1), CHOIR: Seats(maximum=None, taken=0)}

    def chosen(self, choice: int, activity: UUID = WALK) -> list[Outcome]:
        """What a choice gets."""
        return list(choose(self.referral, choice, activity, self.seats))

    def declined(self, choice: int) -> list[Outcome]:
        """What comes of a declined invitation."""
        return list(end_choice(self.referral, choice, "declined", self.seats))

    def withdrawn(self, choice: int) -> list[Outcome]:
        """What comes of a withdrawal."""
        return list(end_referral(self.referral, choice, "withdrawn", self.seats))

    def taken(self, activity: UUID = WALK) -> int:
        """How many seats are taken now."""
        return self.seats[activity].taken + self.seats[activity].change


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_choice_takes_a_free_seat(story: Story) -> None:
    assert story.chosen(1) == [Reserved(1, WALK)]
    assert story.taken() == 2


def test_a_repeated_choice_has_the_same_seat_and_takes_no_second_one(story: Story) -> None:
    story.chosen(1)

    assert story.chosen(1) == [Reserved(1, WALK)]
    assert story.taken() == 2


def test_the_last_seat_is_given_once(story: Story) -> None:
    story.chosen(1)

    assert list(choose(Referral(UUID(number(8))), 1, WALK, story.seats)) == [Refused(1, WALK, "full")]


def test_what_is_not_open_takes_nobody(story: Story) -> None:
    story.seats[WALK].is_open = False

    assert story.chosen(1) == [Refused(1, WALK, "not_open")]


def test_what_nobody_knows_is_refused(story: Story) -> None:
    assert story.chosen(1, NOWHERE) == [Refused(1, NOWHERE, "unknown")]


def test_a_refused_choice_that_is_repeated_is_refused_again_though_a_seat_became_free(story: Story) -> None:
    story.seats[WALK].taken = 2
    story.chosen(1)
    story.seats[WALK].taken = 0

    assert story.chosen(1) == [Refused(1, WALK, "full")]


def test_a_newer_choice_frees_the_seat_of_an_older_one(story: Story) -> None:
    story.chosen(1)

    assert story.chosen(2, CHOIR) == [Released(1, WALK, "next_choice"), Reserved(2, CHOIR)]
    assert (story.taken(), story.referral.held) == (1, Held(2, CHOIR))


def test_an_older_choice_that_comes_late_gets_nothing(story: Story) -> None:
    story.chosen(2, CHOIR)

    assert story.chosen(1) == []
    assert story.referral.held == Held(2, CHOIR)


def test_a_declined_invitation_frees_its_seat_once(story: Story) -> None:
    story.chosen(1)

    assert story.declined(1) == [Released(1, WALK, "declined")]
    assert story.declined(1) == []
    assert story.taken() == 1


def test_an_ended_choice_gets_no_seat_when_it_is_repeated(story: Story) -> None:
    story.chosen(1)
    story.declined(1)

    assert story.chosen(1) == []
    assert story.taken() == 1


def test_the_end_of_an_older_invitation_leaves_the_newer_seat(story: Story) -> None:
    story.chosen(1)
    story.chosen(2, CHOIR)

    assert story.declined(1) == []
    assert story.referral.held == Held(2, CHOIR)


def test_a_withdrawal_frees_the_seat(story: Story) -> None:
    story.chosen(1)

    assert story.withdrawn(1) == [Released(1, WALK, "withdrawn")]
    assert story.withdrawn(1) == []


def test_a_withdrawal_heard_before_the_choice_that_it_ends_leaves_nothing_reserved(story: Story) -> None:
    assert story.withdrawn(1) == []
    assert story.chosen(1) == []
    assert story.taken() == 1


def test_a_withdrawal_that_knows_only_an_older_choice_frees_the_newer_seat_too(story: Story) -> None:
    story.chosen(1)
    story.chosen(2, CHOIR)

    assert story.withdrawn(1) == [Released(2, CHOIR, "withdrawn")]


def test_somebody_who_takes_part_keeps_the_seat(story: Story) -> None:
    story.chosen(1)
    keep_seat(story.referral, story.seats)

    assert story.taken() == 2
    assert story.chosen(2, CHOIR) == []


def test_a_referral_recorded_by_mistake_frees_the_seat_of_somebody_who_took_part(story: Story) -> None:
    story.chosen(1)
    keep_seat(story.referral, story.seats)

    assert list(end_referral(story.referral, 1, "closed", story.seats)) == [Released(1, WALK, "closed")]
