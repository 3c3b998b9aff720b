"""What every call works with, and whose it may be. Never what a call does."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from schemas.activities import ActivityPublished
from schemas.strict import FieldError, Invalid
from services.activities.domain.keeping import Activity, not_to_be_kept
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.referrals import Work
from services.activities.store.registers import find_agreement, find_organiser
from services.runtime.connection import Connection
from services.runtime.errors import NotFound
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.service import Service


@dataclass(frozen=True, slots=True)
class Parts:
    """The running service and its catalogue."""

    service: Service[Work]
    catalogue: LiveCatalogue


def _parts(request: Request) -> Any:  # noqa: ANN401 - Starlette's state is Any
    return request.app.state.parts


Here = Annotated[Parts, Depends(_parts)]
Coordinator = Annotated[Caller, allow("coordinator")]
Keeper = Annotated[Caller, allow("coordinator", "organiser")]
"""A coordinator keeps what belongs to the municipality, an organiser its own activities."""

NOT_YOURS: Final = FieldError("municipality", "must be your own municipality")
UNKNOWN: Final = FieldError("organiser.organiser_id", "must be an organiser that a coordinator has registered")
COORDINATORS: Final = "is for the coordinator to change"


def keeps(caller: Caller, activity: ActivityPublished) -> bool:
    """Whether the activity is the caller's to see and to change."""
    if caller.role == "organiser":
        return activity.organiser.organiser_id == caller.organiser
    return activity.municipality == caller.municipality


def kept_by(caller: Caller, activity: Activity) -> ActivityPublished:
    """Return the state of an activity that is the caller's; NotFound otherwise."""
    if activity.present is None or not keeps(caller, activity.present):
        raise NotFound("There is no such activity.")
    return activity.present


async def check_may_state(
    connection: Connection, caller: Caller, said: ActivityPublished, before: ActivityPublished | None
) -> None:
    """Raise Invalid with all fields that the caller may not state so.

    An organiser states its activities, but not who it is, where it belongs and what was agreed.
    """
    if caller.role == "coordinator":
        errors = [] if said.municipality == caller.municipality else [NOT_YOURS]
    elif before:
        errors = _not_as(said, before.municipality, before.organiser, before.agreement)
    elif found := await find_organiser(connection, caller.organiser or ""):
        municipality, organiser = found
        agreement = await find_agreement(connection, organiser.organiser_id, municipality)
        errors = _not_as(said, municipality, organiser, agreement)
    else:
        errors = [UNKNOWN]
    if errors := errors + not_to_be_kept(said):
        raise Invalid(errors)


def _not_as(said: ActivityPublished, municipality: object, organiser: object, agreement: object) -> list[FieldError]:
    pairs = {
        "municipality": (said.municipality, municipality),
        "organiser": (said.organiser, organiser),
        "agreement": (said.agreement, agreement),
    }
    return [FieldError(path, COORDINATORS) for path, (stated, agreed) in pairs.items() if stated != agreed]
