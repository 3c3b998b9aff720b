"""What may be asked of the referral service over HTTP, a file for each matter. Never what becomes of it."""

from services.referral.api.referrals import routes
from services.referral.api.webhooks import webhooks_api

__all__ = ["routes", "webhooks_api"]
