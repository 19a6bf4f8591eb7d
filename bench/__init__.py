"""Benchmarks. `make bench` runs them all and writes their output to RESULTS.md."""
