"""From the contracts' shapes to what matching reads. Never a rule, and never back."""

from datetime import date

from schemas import parts
from schemas.activities import ActivityPublished
from schemas.needs import Needs
from schemas.referral import MatchPreview, ReferralReceived
from schemas.vocabulary import Gender
from services.activities.domain.hours import week_time
from services.activities.domain.matching import (
    Activity,
    Cost,
    Need,
    Period,
    Position,
    Session,
)


def activity_of(published: ActivityPublished) -> Activity:
    """Return what matching reads of an activity."""
    place, ages, agreement = published.place, published.ages, published.agreement
    return Activity(
        activity_id=str(published.activity_id),
        status=published.status,
        organiser_kind=published.organiser.kind,
        organiser_id=published.organiser.organiser_id,
        municipality=published.municipality,
        open_to=frozenset(published.open_to),
        mode=published.mode,
        position=None if place is None else Position(place.latitude, place.longitude),
        categories=frozenset(published.categories),
        languages=frozenset(published.languages),
        access=frozenset(published.access),
        sessions=tuple(Session(week_time(at.day, at.from_, at.to), at.last_on) for at in published.sessions),
        min_age=None if ages is None else ages.min,
        max_age=None if ages is None else ages.max,
        audience=published.audience,
        maximum=published.seats.maximum,
        taken=published.seats.taken,
        cost=cost_of(published.cost),
        peer_led=published.peer_led,
        group_size=published.group_size,
        agreement=None if agreement is None else Period(agreement.valid_from, agreement.valid_to),
        verified_on=published.verified_on,
    )


def need_of_request(request: MatchPreview) -> Need:
    """Return what matching reads of a request."""
    return need_of(
        request,
        age=request.participant.age,
        gender=request.participant.gender,
        consent=None if request.consent is None else Period(request.consent.given_on, request.consent.expires_on),
        control_arm=request.study_arm == "control",
        names_distance=request.names_distance,
    )


def need_of_received(received: ReferralReceived) -> Need:
    """Return what matching reads of a referral that was announced, hence consented to until a day."""
    return need_of(
        received,
        age=received.age,
        gender=received.gender,
        consent=Period(date.min, received.consent_until),
        control_arm=False,
        names_distance=received.names_distance,
    )


def need_of(
    needs: Needs, *, age: int, gender: Gender, consent: Period | None, control_arm: bool, names_distance: bool
) -> Need:
    """Return what matching reads of a person's needs."""
    return Need(
        municipality=needs.municipality,
        area=Position(needs.area.latitude, needs.area.longitude),
        age=age,
        gender=gender,
        max_distance_km=needs.max_distance_km,
        interests=frozenset(needs.interests),
        languages=frozenset(needs.languages),
        access_needs=frozenset(needs.access_needs),
        free_times=tuple(week_time(at.day, at.from_, at.to) for at in needs.free_times),
        modes=frozenset(needs.modes),
        max_cost=cost_of(needs.max_cost),
        peer_led=needs.preferences.peer_led,
        group_size=needs.preferences.group_size,
        consent=consent,
        control_arm=control_arm,
        names_distance=names_distance,
    )


def cost_of(cost: parts.Cost | None) -> Cost | None:
    """Return the cost of a session, None where it is free or no limit is given."""
    return None if cost is None else Cost(cost.amount, cost.currency)
