"""Dates in text: YYYY-MM-DD, and no other format of ISO 8601."""

import re
import reprlib
from datetime import date
from functools import lru_cache

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DayRefused(ValueError):
    """A text that is not a date. The message says what would be right."""


@lru_cache(maxsize=1_000)  # the days of a file or a call are few
def parse_day(text: str) -> date:
    """The date in the text. Raises DayRefused for a date that does not exist, and for any other format."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise DayRefused(f"{reprlib.repr(text)} is not a date; use the format 2024-12-31")
