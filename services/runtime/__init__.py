"""What every service runs on. Never a word of what the services are about."""
