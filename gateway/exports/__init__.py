"""Exports: a whole view as a file, by address or from the command line."""
