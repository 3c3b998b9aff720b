"""Reads and writes what the referral service keeps, and decides nothing."""
