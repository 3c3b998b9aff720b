"""The demo: a fictional catalogue, fictional referrals and simulated contact functions. Never real people."""
