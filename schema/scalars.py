"""The scalar that keeps money exact."""

from decimal import Decimal
from typing import Any

from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from storage.money import MoneyError, parse_decimal


def parse_value(value: Any) -> Decimal:
    """The Decimal of a variable. Raises GraphQLError for a JSON number with decimals, which is a float."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise GraphQLError(f'{value!r} is not exact; write a Decimal as a string, such as "-12.50".')
    try:
        return parse_decimal(str(value))
    except MoneyError as error:
        raise GraphQLError(f"{error}.") from None


def parse_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Decimal:
    """The Decimal in a document, where a number's text is exact."""
    if not isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        raise GraphQLError('A Decimal is written as a string, such as "-12.50".')
    return parse_value(node.value)


DECIMAL = ScalarDefinition(
    name="Decimal",
    description="An exact decimal number. In JSON it is a string, never a float.",
    specified_by_url=None,
    serialize=lambda value: format(value, "f"),
    parse_value=parse_value,
    parse_literal=parse_literal,
    origin=Decimal,
)
