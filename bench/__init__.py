"""Benchmarks. `make bench` runs them all and keeps what they print in RESULTS.md."""
