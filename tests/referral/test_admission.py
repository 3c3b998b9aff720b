from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.referral.domain.consent import first_moment, moment_after
from services.referral.domain.referral import Referral, hurdle
from services.working_days import local_day

TODAY = date(2025, 3, 12)
PLAIN = Referral(
    referral_id=UUID(int=1),
    health_centre="hsa:SE1",
    municipality="NO-5501",
    received_at=datetime(2025, 3, 12, tzinfo=UTC),
    policy="coach_chooses",
    control=False,
    protected=False,
    consent_given_on=date(2025, 1, 1),
    consent_expires_on=date(2025, 12, 31),
    since=datetime(2025, 3, 12, tzinfo=UTC),
)
NO_CONSENT = {"consent_given_on": None, "consent_expires_on": None}

# Of a control arm, of protected identity, consent from and to; on what the referral waits.
ADMISSION = [
    ({}, None),
    ({"control": True}, "study"),
    ({"control": True, "protected": True, **NO_CONSENT}, "study"),
    (NO_CONSENT, "consent"),
    ({"protected": True, **NO_CONSENT}, "consent"),
    ({"protected": True}, "coach"),
    ({"consent_given_on": TODAY}, None),
    ({"consent_given_on": date(2025, 3, 13)}, "consent"),
    ({"consent_expires_on": TODAY}, None),
    ({"consent_expires_on": date(2025, 3, 11)}, "consent"),
]


@pytest.mark.parametrize(("changes", "waits_on"), ADMISSION)
def test_study_arm_consent_and_protection_are_decided_before_anybody_hears(
    changes: dict[str, object], waits_on: str | None
) -> None:
    assert hurdle(replace(PLAIN, **changes), TODAY) == waits_on  # type: ignore[arg-type]  # fields by name


def test_a_day_begins_at_midnight_in_the_municipality_also_when_the_clocks_change() -> None:
    assert first_moment(date(2025, 3, 12), "SE-0180") == datetime(2025, 3, 11, 23, tzinfo=UTC)
    assert moment_after(date(2025, 3, 30), "NO-5501") == datetime(2025, 3, 30, 22, tzinfo=UTC)
    assert local_day(datetime(2025, 6, 30, 22, 30, tzinfo=UTC), "NO-5501") == date(2025, 7, 1)
