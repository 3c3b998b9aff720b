"""What services may learn of a participant's consent, over HTTP only: whether it is in force, what it shares."""

from uuid import UUID

from schemas.event import Part


class InForce(Part):
    """Those of the referrals whose consent is in force today."""

    in_force: frozenset[UUID]


class Shared(Part):
    """What the participant agreed to share, null is not shared; `companion`: would like company the first time."""

    first_name: str | None = None
    phone: str | None = None
    email: str | None = None
    companion: bool = False
