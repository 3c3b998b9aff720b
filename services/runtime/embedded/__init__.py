"""Real servers for one machine, started by us and gone with us. Nothing here runs in production."""
