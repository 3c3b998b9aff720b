"""Who may make which call, from the routes themselves, and what each is answered; it prints docs/authorisation.md.

What a role may not do follows from the route's guard. What it may, of its own and of another tenant, stands in ROWS.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi.routing import APIRoute, iter_route_contexts

from services.runtime.guards import Guard, PageGuard
from services.runtime.identity import ROLE_CLAIM, SERVICE
from services.runtime.web import _dependencies
from tests.support.made import made_services

PAGE: Final = Path(__file__).parents[2] / "docs" / "authorisation.md"
NOBODY: Final = "nobody"
WHO: Final = (NOBODY, *ROLE_CLAIM)
OWN, OTHER = "own", "other"
NONE: Final = "200, nothing"
"""The list is there and holds nothing of another tenant."""
Answer = int | str


@dataclass(frozen=True)
class Row:
    """What whoever may call is answered, of its own and of another tenant."""

    own: Answer
    other: Answer


@dataclass(frozen=True)
class Route:
    """A call, and what its guard says; a route that asks nobody has no guard."""

    service: str
    method: str
    path: str
    guard: Guard | None

    @property
    def name(self) -> str:
        """Return how the table names it."""
        return f"{self.method} {self.path}"

    def allows(self, who: str) -> bool:
        """Tell whether somebody in the role may make the call at all."""
        if self.guard is None:
            return True
        return self.guard._scope is not None if who == SERVICE else who in self.guard._roles

    def answer(self, who: str, tenant: str) -> Answer:
        """Return what somebody in the role is answered; of a service, the other tenant is a token for another call."""
        if self.guard is None:
            return ROWS[self.name].own
        if who == NOBODY:
            return 303 if isinstance(self.guard, PageGuard) and self.method == "GET" else 401
        if not self.allows(who) or (who == SERVICE and tenant == OTHER):
            return 403
        row = ROWS[self.name]
        return row.own if tenant == OWN or ROLE_CLAIM[who] is None else row.other


def routes() -> Iterator[Route]:
    """Return every route of every service, but those of health and of the stylesheet, which ask nobody."""
    for service, made in made_services().items():
        for route in iter_route_contexts(made.web.routes):
            path = str(route.path_format)
            if isinstance(route.original_route, APIRoute) and path.split("/")[2] not in ("health", "static"):
                guards = [call for call in _dependencies(route.dependant) if isinstance(call, Guard)]
                for method in sorted(route.methods or ()):
                    yield Route(service, method, path, guards[0] if guards else None)


def _rows(table: Mapping[str, tuple[Answer, Answer]]) -> dict[str, Row]:
    return {name: Row(*answers) for name, answers in table.items()}


ROWS: Final = _rows(
    {
        "POST /referral/requests": (201, 422),
        "GET /referral/referrals": (200, NONE),
        "GET /referral/referrals/{referral_id}": (200, 404),
        "DELETE /referral/referrals/{referral_id}": (204, 404),
        "POST /referral/referrals/{referral_id}/choice": (200, 404),
        "POST /referral/referrals/{referral_id}/withdrawal": (200, 404),
        "POST /referral/referrals/{referral_id}/outcome": (200, 404),
        "PUT /referral/referrals/{referral_id}/consent": (200, 404),
        "DELETE /referral/referrals/{referral_id}/consent": (200, 404),
        "PUT /referral/referrals/{referral_id}/questions/{question_id}/answer": (200, 404),
        "PUT /referral/referrals/{referral_id}/contact": (200, 404),
        "PUT /referral/webhook": (200, 200),
        "GET /referral/webhook": (200, 404),
        "DELETE /referral/webhook": (204, 404),
        "POST /referral/webhook/trial": (200, 404),
        "GET /referral/webhook/messages": (200, NONE),
        "GET /referral/webhooks": (200, 200),
        "POST /referral/consents": (200, 403),
        "GET /referral/referrals/{referral_id}/shared": (200, 403),
        "PUT /referral/referrals/{referral_id}/questions/{question_id}": (204, 403),
        "GET /referral/referrals/{referral_id}/questions/{question_id}": (200, 403),
        "GET /referral/referrals/{referral_id}/questions": (200, 403),
        "GET /referral/": (200, NONE),
        "GET /referral/{referral_id}": (200, 404),
        "POST /referral/{referral_id}/choice": (303, 404),
        "POST /referral/{referral_id}/withdrawal": (303, 404),
        "POST /referral/{referral_id}/outcome": (303, 404),
        "POST /referral/{referral_id}/questions/{question_id}/answer": (303, 404),
        "GET /referral/what-fits": (200, 200),
        "POST /referral/what-fits": (422, 422),
        "POST /activities/activities": (201, 422),
        "PUT /activities/activities/{activity_id}": (200, 404),
        "POST /activities/activities/{activity_id}/{move}": (200, 404),
        "PUT /activities/activities/{activity_id}/pause": (204, 403),
        "PUT /activities/activities/{activity_id}/verification": (204, 403),
        "DELETE /activities/activities/{activity_id}": (204, 404),
        "GET /activities/activities": (200, NONE),
        "GET /activities/activities/{activity_id}": (200, 404),
        "PUT /activities/activities/{activity_id}/walk-ins": (200, 404),
        "GET /activities/organisers": (200, NONE),
        "PUT /activities/organisers/{organiser_id}": (200, 404),
        "GET /activities/places": (200, NONE),
        "PUT /activities/places/{place_id}": (200, 404),
        "GET /activities/agreements": (200, NONE),
        "PUT /activities/agreements/{organiser_id}": (200, 200),
        "DELETE /activities/agreements/{organiser_id}": (204, 204),
        "PUT /activities/contacts/{contact_id}": (200, 422),
        "PUT /activities/contacts/{contact_id}/absence": (204, 403),
        "DELETE /activities/contacts/{contact_id}": (204, 404),
        "GET /activities/contacts": (200, NONE),
        "GET /activities/contacts/{contact_id}": (200, 404),
        "GET /activities/figures/dependence": (200, 200),
        "POST /activities/imports/activities": (200, 200),
        "POST /activities/imports/contacts": (200, 200),
        "POST /activities/match": (200, 200),
        "GET /activities/services": (200, 200),
        "GET /activities/services/{service_id}": (200, 200),
        "GET /activities/today": (200, 403),
        "GET /activities/": (200, 200),
        "POST /activities/keeping/activities/{activity_id}/verified": (303, 404),
        "POST /activities/keeping/activities/{activity_id}/seat": (303, 404),
        "POST /activities/keeping/agreements/{organiser_id}": (303, 404),
        "POST /activities/keeping/contacts/{contact_id}": (303, 404),
        "GET /activities/settings/matching": (200, 200),
        "PUT /activities/settings/matching": (200, 200),
        "GET /coordinator/notices/preview": (200, 200),
        "POST /coordinator/contacts/{contact_id}/trial": (200, 404),
        "POST /coordinator/notices/reports": (422, 422),
        "GET /coordinator/invitations": (200, NONE),
        "GET /coordinator/contacts": (200, NONE),
        "GET /coordinator/contacts/{contact_id}/webhook": (200, 404),
        "GET /coordinator/municipalities/{code}": (200, 404),
        "PUT /coordinator/municipalities/{code}": (200, 404),
        "GET /coordinator/answer/{token}": (200, 200),
        "HEAD /coordinator/answer/{token}": (200, 200),
        "POST /coordinator/answer/{token}": (303, 303),
        "POST /coordinator/answer/{token}/pause": (200, 200),
        "POST /coordinator/answer/{token}/handover": (303, 303),
        "POST /coordinator/answer/{token}/walk-ins": (200, 200),
        "POST /coordinator/answer/{token}/visit": (303, 303),
        "POST /coordinator/answer/{token}/shared": (200, 200),
        "POST /coordinator/answer/{token}/question": (303, 303),
        "POST /coordinator/answer/{token}/questions": (200, 200),
        "GET /coordinator/": (200, NONE),
        "POST /coordinator/day/remind": (303, 404),
        "POST /coordinator/day/more-time": (303, 404),
        "POST /coordinator/day/address": (303, 303),
        "GET /coordinator/verify/{language}/{activity_id}/{last_on}/{token}": (404, 404),
        "HEAD /coordinator/verify/{language}/{activity_id}/{last_on}/{token}": (404, 404),
        "POST /coordinator/verify/{language}/{activity_id}/{last_on}/{token}": (422, 422),
        "GET /coordinator/fewer/{language}/{function}/{token}": (404, 404),
        "HEAD /coordinator/fewer/{language}/{function}/{token}": (404, 404),
        "POST /coordinator/fewer/{language}/{function}/{token}": (404, 404),
    }
)


def page() -> str:
    """Return the table as Markdown."""
    head = ["call", *WHO]
    lines = [
        "# Who may make which call",
        "",
        "Written by `make docs` from the routes; `tests/test_authorisation.py` makes every one of these calls. A cell",
        "says what is answered of one's own tenant, and behind the stroke of another's: another health centre,",
        "municipality or organiser; for a service, with a token for another call. `303` to nobody leads to the",
        "sign-in. Links that verify or unsubscribe are tried as ones that never were.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    for route in routes():
        cells = [_cell(route, who) for who in WHO]
        lines.append(f"| `{route.name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(route: Route, who: str) -> str:
    own, other = route.answer(who, OWN), route.answer(who, OTHER)
    return str(own) if own == other else f"{own} / {other}"
