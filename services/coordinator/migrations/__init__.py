"""How the database of the coordinator service came to be."""
