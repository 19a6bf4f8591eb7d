"""Literals of $filter as values of a column."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from gateway.odata.errors import Unsupported
from gateway.odata.types import TYPES
from resolvers.errors import RequestError
from storage.bi.catalogue import Column, Kind
from storage.bi.questions import Value

if TYPE_CHECKING:  # it builds its tables when it is loaded
    from odata_query import ast

_EXAMPLES = {
    Kind.TEXT: "a text such as 'Sales'",
    Kind.INTEGER: "a whole number such as 12",
    Kind.AMOUNT: "a number such as 12.50",
    Kind.DATE: "a date such as 2024-12-31",
    Kind.MOMENT: "a moment such as 2024-12-31T23:59:59Z",
    Kind.BOOLEAN: "true or false",
}

_FRACTION = re.compile(r"[.](\d{6})(\d+)")
_LONGEST_NUMBER = 60
"""The characters of a number; the largest amount has 25, and an exponent can be as large as it likes."""


def value(column: Column, literal: "ast._Literal") -> Value:
    """The literal as a value of the column. Raises RequestError if it is of another type, or is no such value."""
    from odata_query import ast

    match column.kind, literal:
        case _, ast.Null():
            return None
        case Kind.TEXT, ast.String(text):
            return checked_text(column, text)
        case Kind.INTEGER, ast.Integer(text) | ast.Float(text):
            return _integer(column, text)
        case Kind.AMOUNT, ast.Integer(text) | ast.Float(text):
            return _number(column, text)
        case Kind.DATE, ast.Date(text):
            return _day(column, text)
        case Kind.DATE, ast.DateTime(text):
            moment = _moment(column, text)
            if moment.timetz() == time(tzinfo=UTC):
                return moment.date()
        case Kind.MOMENT, ast.DateTime(text):
            return _moment(column, text)
        case Kind.MOMENT, ast.Date(text):
            return datetime.combine(_day(column, text), time(tzinfo=UTC))
        case Kind.BOOLEAN, ast.Boolean(text):
            return text.lower() == "true"
    raise refused(column, getattr(literal, "val", None))


def refused(column: Column, text: object) -> RequestError:
    """The refusal of this literal, as no value of the column."""
    kind = TYPES[column.kind]
    return RequestError(
        f"$filter: {column.name} is {kind}, and {str(text)[:100]!r} is not; write {_EXAMPLES[column.kind]}."
    )


def checked_text(column: Column, text: str) -> str:
    """The text, which databases can store. Raises RequestError."""
    if "\0" in text:
        raise RequestError(f"$filter: the text for {column.name} contains NUL, which no text has; leave it out.")
    return text


def _number(column: Column, text: str) -> Decimal:
    exponent = re.search("[eE](.*)", text)
    if len(text) > _LONGEST_NUMBER or (exponent and abs(int(exponent.group(1))) > _LONGEST_NUMBER):
        raise refused(column, text)
    return Decimal(text)


def _integer(column: Column, text: str) -> int:
    number = _number(column, text)
    if number != number.to_integral_value():
        raise refused(column, text)
    return int(number)


def _day(column: Column, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refused(column, text) from None


def _moment(column: Column, text: str) -> datetime:
    """The moment in UTC; without an offset, it is in UTC. .NET writes seven digits of a second."""
    fraction = _FRACTION.search(text)
    if fraction and fraction.group(2).strip("0"):
        raise Unsupported(f"$filter: {column.name} has microseconds; {text!r} is more precise.")
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r".\1", text).upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise refused(column, text) from None
