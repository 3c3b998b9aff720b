"""The referral service: requests, participants and their consent, referrals and their states."""
