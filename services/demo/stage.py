"""The stage of the demo: its catalogue imported as a municipality's would be, coordinators reachable. No referral."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import httpx
from sqlalchemy import text

from schemas.strict import FieldError
from services.activities.importing import Import
from services.demo.catalogue import Catalogue, slug
from services.demo.municipalities import MUNICIPALITIES
from services.demo.referrals import CENTRES
from services.one_machine import OneMachine
from services.runtime.sign_in import Identity

IDENTITIES = (
    *(Identity(f"Coach, {centre.name}", "coach", centre.id) for centre in CENTRES[:2]),
    *(Identity(centre.name, "centre", centre.id) for centre in CENTRES[:2]),
    *(Identity(f"Coordinator, {each.name}", "coordinator", each.code) for each in MUNICIPALITIES[:2]),
    Identity("Region Troms og Ofoten (fiktiv)", "region"),
    Identity("Operator", "operator"),
)
"""Whom a visitor can be with one click."""


class BadCatalogueError(Exception):
    """A line that the demo made was refused: the demo is wrong."""


async def is_set(machine: OneMachine) -> bool:
    """Tell whether there is a catalogue already."""
    async with machine.made["activities"].service.engine.connect() as connection:
        return bool(await connection.scalar(text("select exists (select from activity)")))


async def set_the_stage(machine: OneMachine, catalogue: Catalogue) -> None:
    """Import the contact functions and activities, and say who coordinates each municipality."""
    service = machine.made["activities"].service
    await Import(service.transaction, _refuse_nothing).contacts(_lines(catalogue.contacts))
    await Import(service.transaction, _refuse_nothing).activities(_lines(catalogue.activities))
    token = machine.issuer.token("operator")
    async with httpx.AsyncClient(base_url=machine.url, trust_env=False, timeout=60) as http:
        for municipality in MUNICIPALITIES:
            coordinator = {"email": f"koordinator.{slug(municipality.name)}@mote.example", "language": "nb"}
            answer = await http.put(
                f"/coordinator/municipalities/{municipality.code}",
                json=coordinator,
                headers={"Authorization": f"Bearer {token}"},
            )
            answer.raise_for_status()


def _lines(objects: Iterable[dict[str, Any]]) -> Iterable[tuple[int, bytes]]:
    return enumerate((json.dumps(each).encode() for each in objects), start=1)


def _refuse_nothing(line: int, severity: str, errors: Sequence[FieldError]) -> None:
    """A warning is part of the demo: activities that hold more people than seats."""
    if severity == "error":
        raise BadCatalogueError(line, errors)
