"""What is read and written, one file for each behaviour. Never a decision."""
