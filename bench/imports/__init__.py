"""The import of large files, next to bare inserts of the same rows."""

from bench.imports.benchmark import benchmark

__all__ = ["benchmark"]
