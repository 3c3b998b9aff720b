"""Activities: stated, published, paused, ended, verified and withdrawn by those who keep them."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from schemas.activities import ActivityPublished
from schemas.event import Part
from schemas.fields import CalendarDay
from schemas.strict import FieldError, Invalid
from schemas.vocabulary import ActivityStatus
from services.activities.api.parts import Here, Keeper, check_may_state, keeps, kept_by
from services.activities.domain.keeping import Restated, restate, verified, with_status
from services.activities.pausing import pause
from services.activities.store.activities import load_activities, save_activities
from services.activities.store.lists import activities_kept, find_activity
from services.activities.store.pauses import forget_pauses
from services.activities.tables import SORTED_LENGTH
from services.runtime.bodies import body
from services.runtime.errors import Conflict, NotFound
from services.runtime.guards import allow
from services.runtime.identity import Caller
from services.runtime.paging import Cursor, Limit, Page, cursor_of, values_of
from services.runtime.problems import FieldProblem

router = APIRouter(prefix="/activities", tags=["activities"])

Said = Annotated[ActivityPublished, body(ActivityPublished)]
Move = Literal["publish", "pause", "end", "verify"]
STATUS_AFTER: Final[dict[Move, ActivityStatus]] = {"publish": "published", "pause": "paused", "end": "ended"}
OTHER_ID: Final = FieldError("activity_id", "must be that of the address")


class Until(Part):
    """The last day of a pause."""

    until: CalendarDay


class Stated(BaseModel):
    """The activity as it is now, and what to know of what was sent."""

    activity: ActivityPublished
    warnings: list[FieldProblem]


@router.post("", status_code=201, responses={200: {"description": "It was there already, just so"}})
async def create_activity(caller: Keeper, said: Said, here: Here, response: Response) -> Stated:
    """Create an activity: 200 when it is repeated, 409 when there is another one under the id."""
    async with here.service.transaction() as tx:
        stating = await load_activities(tx, [said.activity_id])
        known = stating.activity(said.activity_id)
        await check_may_state(tx.connection, caller, said, known.present)
        restated = restate(known, said, stating.on)
        if known.published and (restated.change == "changed" or not keeps(caller, known.published)):
            raise Conflict("There is another activity under this id.")
        if restated.change == "created":
            stating.become(known, restated.published)
            await save_activities(stating)
        else:
            response.status_code = 200
    return _stated(restated)


@router.put("/{activity_id}")
async def change_activity(caller: Keeper, activity_id: UUID, said: Said, here: Here) -> Stated:
    """Change an activity by saying how it is now, all of it; seats taken are counted here and stay."""
    if said.activity_id != activity_id:
        raise Invalid([OTHER_ID])
    async with here.service.transaction() as tx:
        stating = await load_activities(tx, [activity_id])
        known = stating.activity(activity_id)
        await check_may_state(tx.connection, caller, said, kept_by(caller, known))
        restated = restate(known, said, stating.on)
        if restated.change != "unchanged":
            stating.become(known, restated.published)
            await save_activities(stating)
    return _stated(restated)


@router.post("/{activity_id}/{move}")
async def move_activity(caller: Keeper, activity_id: UUID, move: Move, here: Here) -> ActivityPublished:
    """Publish, pause or end an activity, or say that a human has verified it today."""
    async with here.service.transaction() as tx:
        stating = await load_activities(tx, [activity_id])
        known = stating.activity(activity_id)
        before = kept_by(caller, known)
        after = verified(before, stating.on) if move == "verify" else with_status(before, STATUS_AFTER[move])
        if move == "pause":  # from now on it is the keeper's own
            await forget_pauses(tx.connection, [activity_id])
        if after != before:
            stating.become(known, after)
            await save_activities(stating)
    return after


@router.put("/{activity_id}/pause", status_code=204)
async def pause_activity(
    caller: Annotated[Caller, allow(scope="activity.pause")],  # noqa: ARG001 - the guard is all it is for
    activity_id: UUID,
    said: Annotated[Until, body(Until)],
    here: Here,
) -> None:
    """Pause a published activity for its contact function, up to and with a day."""
    async with here.service.transaction() as tx:
        await pause(tx, activity_id, said.until)


@router.put("/{activity_id}/verification", status_code=204)
async def verify_activity(
    caller: Annotated[Caller, allow(scope="activity.verify")],  # noqa: ARG001 - the guard is all it is for
    activity_id: UUID,
    here: Here,
) -> None:
    """Say for its contact function that an activity is correct today; nothing happens if there is none any more."""
    async with here.service.transaction() as tx:
        stating = await load_activities(tx, [activity_id])
        known = stating.activity(activity_id)
        if known.present and (after := verified(known.present, stating.on)) != known.present:
            stating.become(known, after)
            await save_activities(stating)


@router.delete("/{activity_id}", status_code=204)
async def withdraw_activity(caller: Keeper, activity_id: UUID, here: Here) -> None:
    """Withdraw an activity: it is no more, for everybody."""
    async with here.service.transaction() as tx:
        stating = await load_activities(tx, [activity_id])
        known = stating.activity(activity_id)
        kept_by(caller, known)
        stating.withdraw(known)
        await save_activities(stating)


@router.get("")
async def list_activities(
    *,
    caller: Keeper,
    here: Here,
    status: ActivityStatus | None = None,
    organiser_id: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ActivityPublished]:
    """List the activities that the caller keeps, by name."""
    wanted = {
        "municipality": caller.municipality if caller.role == "coordinator" else None,
        "organiser_id": caller.organiser if caller.role == "organiser" else organiser_id,
        "status": status,
    }
    after = values_of(cursor, str, UUID) if cursor else None
    async with here.service.engine.connect() as connection:
        found = await activities_kept(connection, wanted, after=after, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Page(items=found[:limit], next=cursor_of(last.name[:SORTED_LENGTH], last.activity_id) if last else None)


@router.get("/{activity_id}")
async def show_activity(caller: Keeper, activity_id: UUID, here: Here) -> ActivityPublished:
    """Show an activity that the caller keeps."""
    async with here.service.engine.connect() as connection:
        found = await find_activity(connection, activity_id)
    if found is None or not keeps(caller, found):
        raise NotFound("There is no such activity.")
    return found


def _stated(restated: Restated) -> Stated:
    warnings = [FieldProblem(path=warning.path, rule=warning.rule) for warning in restated.warnings]
    return Stated(activity=restated.published, warnings=warnings)
