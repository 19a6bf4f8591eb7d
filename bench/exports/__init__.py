"""Exports of a million items, next to DuckDB writing the same rows."""
