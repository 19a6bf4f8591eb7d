"""Scalars with exactly one format: exact decimals, dates, and moments."""

import reprlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from schema.input_errors import shown
from storage.days import DayRefused, parse_day
from storage.money import NUMBER_LENGTH_MAX, MoneyError, parse_decimal

_TOO_LARGE = 10**NUMBER_LENGTH_MAX


def parse_decimal_value(value: Any) -> Decimal:
    """The Decimal in a variable. Raises GraphQLError for a JSON number with decimals, because it is a float."""
    if type(value) is not str and (isinstance(value, bool) or not isinstance(value, int)):
        raise GraphQLError(f'{shown(value)} is not an exact Decimal; use a string, such as "-12.50".')
    if isinstance(value, int) and abs(value) >= _TOO_LARGE:
        # Python refuses to convert an integer with thousands of digits to text.
        raise GraphQLError(f"A Decimal has {NUMBER_LENGTH_MAX} digits at most, but this integer has more.")
    try:
        return parse_decimal(str(value))
    except MoneyError as error:
        raise GraphQLError(f"{error}.") from None


def parse_decimal_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Decimal:
    """The Decimal in a document. A number is exact there, and has the same format as a string."""
    if not isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        raise GraphQLError('A Decimal must be a string, such as "-12.50".')
    return parse_decimal_value(node.value)


DECIMAL = ScalarDefinition(
    name="Decimal",
    description='An exact decimal number such as "-12.50": an optional minus sign, digits, and optionally a point'
    " and more digits. In JSON it is a string, never a float.",
    specified_by_url=None,
    serialize=lambda value: format(value, "f"),
    parse_value=parse_decimal_value,
    parse_literal=parse_decimal_literal,
    origin=Decimal,
)


def parse_day_value(value: Any) -> date:
    """The date in a variable. Raises GraphQLError for anything but a string such as "2024-12-31"."""
    if not isinstance(value, str):
        raise GraphQLError(f'{shown(value)} is not a date; use a string, such as "2024-12-31".')
    try:
        return parse_day(value)
    except DayRefused as refused:
        raise GraphQLError(f"{refused}.") from None


def parse_day_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> date:
    """The date in a document."""
    if not isinstance(node, StringValueNode):
        raise GraphQLError('A Date must be a string, such as "2024-12-31".')
    return parse_day_value(node.value)


DATE = ScalarDefinition(
    name="Date",
    description="A calendar date in the format YYYY-MM-DD, such as 2024-12-31.",
    specified_by_url=None,
    serialize=date.isoformat,
    parse_value=parse_day_value,
    parse_literal=parse_day_literal,
    origin=date,
)


def parse_moment_value(value: Any) -> datetime:
    """The moment in a variable, in UTC. Raises GraphQLError for one without its time zone, and for any other value."""
    if not isinstance(value, str):
        raise GraphQLError(f'{shown(value)} is not a moment; use a string, such as "2024-12-31T23:59:59Z".')
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise GraphQLError(f"{reprlib.repr(value)} is not a moment; use the format 2024-12-31T23:59:59Z.") from None
    raise GraphQLError(f"{reprlib.repr(value)} has no time zone; use the format 2024-12-31T23:59:59Z.")


def parse_moment_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> datetime:
    """The moment in a document."""
    if not isinstance(node, StringValueNode):
        raise GraphQLError('A DateTime must be a string, such as "2024-12-31T23:59:59Z".')
    return parse_moment_value(node.value)


MOMENT = ScalarDefinition(
    name="DateTime",
    description="A moment in the format of ISO 8601 with its time zone, such as 2024-12-31T23:59:59+00:00.",
    specified_by_url=None,
    serialize=datetime.isoformat,
    parse_value=parse_moment_value,
    parse_literal=parse_moment_literal,
    origin=datetime,
)
