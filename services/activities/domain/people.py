"""What a contact function becomes when somebody of it is away, or reached elsewhere. Never who answers."""

from schemas.activities import ContactFunctionChanged
from schemas.parts import Absence, Away, Holder


def with_absence(function: ContactFunctionChanged, away: Away) -> ContactFunctionChanged:
    """Return the contact function with these days among the absences of whoever has the place.

    It stays as it is where nobody has the place, or the days stand there already. A holder who was not named is
    called as the function is.
    """
    people = [function.holder or Holder(name=function.name), *function.deputies]
    days = Absence(first_on=away.first_on, last_on=away.last_on)
    if away.place >= len(people) or days in people[away.place].absences:
        return function
    person = people[away.place]
    people[away.place] = person.model_copy(update={"absences": (*person.absences, days)})
    return function.model_copy(update={"holder": people[0], "deputies": tuple(people[1:])})


def reached_at(function: ContactFunctionChanged, place: int, email: str) -> ContactFunctionChanged:
    """Return the contact function reached at another address, or a deputy of it; the same if nobody has the place."""
    if place == 0:
        return function.model_copy(update={"email": email})
    deputies = [
        deputy.model_copy(update={"email": email}) if number == place else deputy
        for number, deputy in enumerate(function.deputies, start=1)
    ]
    return function.model_copy(update={"deputies": tuple(deputies)})
