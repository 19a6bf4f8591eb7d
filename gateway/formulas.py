"""Texts of CSV that a spreadsheet would run: an apostrophe before them makes them harmless, as OWASP advises."""

import re

STARTS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
"""What formulas begin with: what OWASP names, and the full-width signs that some spreadsheets take for the same."""

NUMBER = r"-?[0-9]+(\.[0-9]+)?"
"""A text that is a plain number is left as it is."""

_NUMBER = re.compile(NUMBER)
_STARTS = tuple(STARTS)


def harmless(text: str) -> str:
    """The text, with an apostrophe before it if a spreadsheet would run it."""
    return f"'{text}" if text.startswith(_STARTS) and not _NUMBER.fullmatch(text) else text
