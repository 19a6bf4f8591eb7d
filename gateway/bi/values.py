"""The values of columns in the text of an address."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from storage.bi.catalogue import AMOUNT_PRECISION, AMOUNT_SCALE, Column, Kind
from storage.bi.questions import Value
from storage.days import DayRefused, parse_day

_SHOWN_MAX = 100
_DIGITS_MAX = 18
"""Every number with so many digits fits into 64 bits."""

_INTEGER = re.compile(rf"-?[0-9]{{1,{_DIGITS_MAX}}}")
_AMOUNT = re.compile(rf"-?[0-9]{{1,{AMOUNT_PRECISION - AMOUNT_SCALE}}}(\.[0-9]{{1,{AMOUNT_SCALE}}})?")
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)0*"
    # A plus sign that was not escaped arrives as a space.
    r"(?P<zone>[Zz]|[-+ ][0-9]{2}:?[0-9]{2})?)?"
)
_BOOLEANS = {"true": True, "false": False}


class ValueRefused(ValueError):
    """A text that is no value of that kind. The message says what would be right."""


def shown(text: str) -> str:
    """A text of the caller in a message."""
    return repr(text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "...")


def parse_value(text: str, column: Column) -> Value:
    """The value of the column in the text. Raises ValueRefused."""
    match column.kind:
        case Kind.TEXT:
            if "\0" in text:
                raise ValueRefused(f"{shown(text)} has a NUL character, which no value has")
            return text
        case Kind.INTEGER:
            if not _INTEGER.fullmatch(text):
                raise ValueRefused(
                    f"{shown(text)} is not an integer of at most {_DIGITS_MAX} digits; use one such as 7"
                )
            return int(text)
        case Kind.AMOUNT:
            if not _AMOUNT.fullmatch(text):
                raise ValueRefused(
                    f"{shown(text)} is not an amount; use a decimal number with at most {AMOUNT_SCALE} decimals,"
                    " such as 12.50"
                )
            return Decimal(text)
        case Kind.DATE:
            try:
                return parse_day(text)
            except DayRefused as refused:
                raise ValueRefused(str(refused)) from None
        case Kind.MOMENT:
            return parse_moment(text)
        case Kind.BOOLEAN:
            if text.lower() not in _BOOLEANS:
                raise ValueRefused(f"{shown(text)} is neither true nor false")
            return _BOOLEANS[text.lower()]
        case Kind.JSON:
            raise ValueRefused("columns with JSON cannot be compared; use another column")


def parse_moment(text: str) -> datetime:
    """The moment in UTC, from ISO 8601: without an offset in UTC, without a time midnight. Raises ValueRefused."""
    found = _MOMENT.fullmatch(text)
    try:
        if found is not None:
            zone = (found["zone"] or "Z").upper().replace(" ", "+")
            return datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueRefused(f"{shown(text)} is not a moment; use the format 2024-12-31T23:59:59.123456Z")


def moment_text(moment: datetime) -> str:
    """A moment in UTC as text, always with microseconds, so that texts sort as moments do."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
