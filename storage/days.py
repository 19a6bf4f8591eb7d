"""Days as they are written: YYYY-MM-DD, and no other form that ISO 8601 knows."""

import re
import reprlib
from datetime import date

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DayRefused(ValueError):
    """A text that is not a day. Its message says what would be right."""


def parse_day(text: str) -> date:
    """The day that the text names. Raises DayRefused for a day that the calendar lacks, and for any other form."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise DayRefused(f"{reprlib.repr(text)} is not a day; write it like 2024-12-31")
