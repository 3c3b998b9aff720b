"""How the database of the referral service came to be."""
