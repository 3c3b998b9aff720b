"""How the coordinator service reads and writes, one file per purpose. Decides nothing."""
