"""What an invitation may become and whom a notice goes to. Never how it is stored, sent or shown."""
