"""What can help a referral that nothing fitted, and when; when a line ends. Never how those that wait are found.

An activity helps by a change of it, by a seat that becomes free, or by time alone: of all rules, only that of
the agreement lets time begin something. Sessions and verification only end (`first_on` excludes nothing).
"""

from datetime import date, timedelta

from schemas.activities import ActivityPublished


def agreement_begins(activity: ActivityPublished, on: date) -> date | None:
    """Return the later day on which a voluntary organiser's agreement begins, if there is one."""
    agreement = activity.agreement
    if activity.organiser.kind != "voluntary" or agreement is None:
        return None
    return agreement.valid_from if on < agreement.valid_from <= agreement.valid_to else None


def sessions_end(activity: ActivityPublished, on: date) -> date | None:
    """Return the later day on which none of its sessions is live any more, if there is one."""
    last = max((session.last_on or date.max for session in activity.sessions), default=date.max)
    return last + timedelta(days=1) if on <= last < date.max else None
