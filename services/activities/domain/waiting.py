"""What can help a referral that nothing fitted, and when. Never how those that wait are found.

An activity helps by a change of it, by a seat that becomes free, or by time alone: of all rules, only that of
the agreement lets time begin something. Sessions and verification only end (`first_on` excludes nothing).
"""

from datetime import date

from schemas.activities import ActivityPublished


def agreement_begins(activity: ActivityPublished, on: date) -> date | None:
    """Return the later day on which a voluntary organiser's agreement begins, if there is one."""
    agreement = activity.agreement
    if activity.organiser.kind != "voluntary" or agreement is None:
        return None
    return agreement.valid_from if on < agreement.valid_from <= agreement.valid_to else None
