"""Rules over application code, one a file."""
