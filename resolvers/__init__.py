"""Queries and commands: checks permissions, validates input and batches look-ups."""
