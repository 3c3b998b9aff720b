"""Free-text wishes read for categories of activities: `reading` says how, a module a language with which words."""

from services.referral.domain.wishes.reading import suggest

__all__ = ["suggest"]
