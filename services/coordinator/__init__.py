"""The coordinator service: notices, answers, deadlines and visits. Never who the participant is."""
