"""The rules of a referral: pure, without clock, database or framework."""
