"""Objects that requests, activities and contact functions are made of: times, costs, who answers for a function."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import InitErrorDetails, ValidationError

from schemas.event import Part
from schemas.fields import Amount, CalendarDay, ClockTime, Currency, Email, Name, Phone, Unrepeated, broken
from schemas.vocabulary import Day


def broken_at(field: str, rule: str) -> ValidationError:
    """Return the error of an object whose fields disagree, told at the named field (as on the wire)."""
    return ValidationError.from_exception_data("part", [InitErrorDetails(type=broken(rule), loc=(field,), input=None)])


class WeeklyTime(Part):
    """Hours of a day of the week, local to the municipality."""

    day: Day
    from_: ClockTime = Field(alias="from")
    to: ClockTime

    @model_validator(mode="after")
    def _from_before_to(self) -> Self:
        if self.from_ >= self.to:
            raise broken_at("from", "must be before `to`")
        return self


class Cost(Part):
    """What a session costs. The amount has two decimals, so that `50` and `50.00` are equal."""

    amount: Amount
    currency: Currency


class Absence(Part):
    """Days on which somebody is not there; in the wrong order they are never in force."""

    first_on: CalendarDay
    last_on: CalendarDay


class Away(Absence):
    """Who of a contact function is absent: place 0 is the holder, n the n-th deputy."""

    place: int = Field(ge=0)


class Holder(Part):
    """Who answers for a contact function, or stands in; without an address of their own, at the function's."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    absences: Unrepeated[Absence] = ()
