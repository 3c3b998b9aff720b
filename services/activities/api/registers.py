"""Organisers, agreements and meeting places: what is said of one becomes so in every activity that names it."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from schemas.activities import ActivityPublished, Agreement, Organiser, Place
from schemas.event import Part
from schemas.fields import Latitude, Longitude, Name, broken
from schemas.vocabulary import OrganiserKind
from services.activities import tables
from services.activities.api.parts import Coordinator, Here
from services.activities.domain.keeping import LONGEST_ID, LONGEST_NAME, at_most
from services.activities.store import registers
from services.activities.store.activities import (
    Stating,
    load_activities_at_place,
    load_activities_of_organiser,
    save_activities,
)
from services.runtime.bodies import body
from services.runtime.errors import NotFound
from services.runtime.identity import Caller
from services.runtime.paging import Cursor, Limit, Page, cursor_of, values_of

T = TypeVar("T")


def _not_too_long(said: str) -> str:
    if len(said) > LONGEST_ID:
        raise broken(at_most(LONGEST_ID))
    return said


RegisteredId = Annotated[Name, AfterValidator(_not_too_long)]  # in a path FastAPI's own limit would tell no rule
RegisteredName = Annotated[Name, Field(max_length=LONGEST_NAME)]

router = APIRouter(tags=["organisers, agreements, meeting places"])


class OrganiserStated(Part):
    """What an organiser is called and is."""

    name: RegisteredName
    kind: OrganiserKind


class PlaceStated(Part):
    """What a meeting place is called and where it is, in degrees."""

    name: RegisteredName
    latitude: Latitude
    longitude: Longitude
    address: str


class AgreementOf(Agreement):
    """The agreement of the municipality with an organiser."""

    organiser_id: str


@router.get("/organisers")
async def list_organisers(caller: Coordinator, here: Here, limit: Limit = 50, cursor: Cursor = None) -> Page[Organiser]:
    """List the organisers that the municipality keeps."""
    async with here.service.engine.connect() as connection:
        found = await registers.registered(
            connection, tables.organiser, _own(caller), after=_after(cursor), limit=limit + 1
        )
    return _page([Organiser.model_validate(row) for row in found], limit, lambda last: last.organiser_id)


@router.put("/organisers/{organiser_id:path}")
async def put_organiser(
    caller: Coordinator, organiser_id: RegisteredId, said: Annotated[OrganiserStated, body(OrganiserStated)], here: Here
) -> Organiser:
    """Say what an organiser is called and is."""
    organiser = Organiser(organiser_id=organiser_id, name=said.name, kind=said.kind)
    async with here.service.transaction() as tx:
        stating = await load_activities_of_organiser(tx, organiser_id)
        known = await registers.find_organiser(tx.connection, organiser_id)
        if known and known[0] != caller.municipality:
            raise NotFound("There is no such organiser.")
        await _have_all(stating, lambda activity: activity.model_copy(update={"organiser": organiser}))
        await registers.put_organisers(tx.connection, [(_own(caller), organiser)])
    return organiser


@router.get("/places")
async def list_places(caller: Coordinator, here: Here, limit: Limit = 50, cursor: Cursor = None) -> Page[Place]:
    """List the meeting places that the municipality keeps."""
    async with here.service.engine.connect() as connection:
        found = await registers.registered(
            connection, tables.meeting_place, _own(caller), after=_after(cursor), limit=limit + 1
        )
    return _page([Place.model_validate(row) for row in found], limit, lambda last: last.place_id)


@router.put("/places/{place_id:path}")
async def put_place(
    caller: Coordinator, place_id: RegisteredId, said: Annotated[PlaceStated, body(PlaceStated)], here: Here
) -> Place:
    """Say what a meeting place is called and where it is."""
    place = Place(place_id=place_id, **said.model_dump())
    async with here.service.transaction() as tx:
        stating = await load_activities_at_place(tx, place_id)
        known = await registers.find_place(tx.connection, place_id)
        if known and known[0] != caller.municipality:
            raise NotFound("There is no such meeting place.")
        await _have_all(stating, lambda activity: activity.model_copy(update={"place": place}))
        await registers.put_places(tx.connection, [(_own(caller), place)])
    return place


@router.get("/agreements")
async def list_agreements(
    caller: Coordinator, here: Here, limit: Limit = 50, cursor: Cursor = None
) -> Page[AgreementOf]:
    """List the agreements of the municipality."""
    async with here.service.engine.connect() as connection:
        found = await registers.registered(
            connection, tables.agreement, _own(caller), after=_after(cursor), limit=limit + 1
        )
    return _page([AgreementOf.model_validate(row) for row in found], limit, lambda last: last.organiser_id)


@router.put("/agreements/{organiser_id:path}")
async def put_agreement(
    caller: Coordinator, organiser_id: str, said: Annotated[Agreement, body(Agreement)], here: Here
) -> AgreementOf:
    """Say from when until when the municipality and an organiser have agreed."""
    await _agree(caller, organiser_id, said, here)
    return AgreementOf(organiser_id=organiser_id, valid_from=said.valid_from, valid_to=said.valid_to)


@router.delete("/agreements/{organiser_id:path}", status_code=204)
async def end_agreement(caller: Coordinator, organiser_id: str, here: Here) -> None:
    """Say that the municipality and an organiser have not agreed."""
    await _agree(caller, organiser_id, None, here)


async def _agree(caller: Caller, organiser_id: str, agreement: Agreement | None, here: Here) -> None:
    at = _own(caller)
    async with here.service.transaction() as tx:
        stating = await load_activities_of_organiser(tx, organiser_id)
        if await registers.find_organiser(tx.connection, organiser_id) is None:
            raise NotFound("There is no such organiser.")
        await _have_all(
            stating,
            lambda activity: (
                activity.model_copy(update={"agreement": agreement}) if activity.municipality == at else activity
            ),
        )
        if agreement:
            await registers.put_agreements(tx.connection, {(organiser_id, at): agreement})
        else:
            await registers.end_agreement(tx.connection, organiser_id, at)


async def _have_all(stating: Stating, become: Callable[[ActivityPublished], ActivityPublished]) -> None:
    for activity in list(stating.activities.values()):
        if activity.present and (after := become(activity.present)) != activity.present:
            stating.become(activity, after)
    await save_activities(stating)


def _own(caller: Caller) -> str:
    return caller.municipality or ""


def _after(cursor: str | None) -> str | None:
    return str(values_of(cursor, str)[0]) if cursor else None


def _page(found: list[T], limit: int, key: Callable[[T], str]) -> Page[T]:
    more = len(found) > limit
    return Page(items=found[:limit], next=cursor_of(key(found[limit - 1])) if more else None)
