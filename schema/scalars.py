"""The scalar that keeps money exact."""

import reprlib
from decimal import Decimal
from typing import Any

from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from storage.money import LONGEST_NUMBER, MoneyError, parse_decimal

_TOO_LARGE = 10**LONGEST_NUMBER


def parse_value(value: Any) -> Decimal:
    """The Decimal of a variable. Raises GraphQLError for a JSON number with decimals, which is a float."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise GraphQLError(f'{reprlib.repr(value)} is not exact; write a Decimal as a string, such as "-12.50".')
    if isinstance(value, int) and abs(value) >= _TOO_LARGE:
        # Python itself refuses to write an integer of thousands of digits.
        raise GraphQLError(f"An integer of more than {LONGEST_NUMBER} digits is no Decimal that can be taken.")
    try:
        return parse_decimal(str(value))
    except MoneyError as error:
        raise GraphQLError(f"{error}.") from None


def parse_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Decimal:
    """The Decimal in a document, where a number's text is exact. It has the same form as in a string."""
    if not isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        raise GraphQLError('A Decimal is written as a string, such as "-12.50".')
    return parse_value(node.value)


DECIMAL = ScalarDefinition(
    name="Decimal",
    description='An exact decimal number such as "-12.50": an optional minus sign, digits, and optionally a point'
    " and more digits. In JSON it is a string, never a float.",
    specified_by_url=None,
    serialize=lambda value: format(value, "f"),
    parse_value=parse_value,
    parse_literal=parse_literal,
    origin=Decimal,
)
