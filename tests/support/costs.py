"""The cost of operations."""

from typing import Any

from graphql.execution.values import get_variable_values

from schema.plan import Selecting
from schema.schema import SCHEMA


def without_cost(sent: Any) -> Any:
    """The response, or the payload of a message, without `extensions.cost`, which most tests are not about."""
    if not isinstance(sent, dict) or "cost" not in sent.get("extensions", {}):
        return sent
    others = {name: value for name, value in sent["extensions"].items() if name != "cost"}
    rest = {name: value for name, value in sent.items() if name != "extensions"}
    return {**rest, "extensions": others} if others else rest


def selecting(document: str, variables: dict[str, Any], name: str | None = None) -> Selecting | None:
    """What an operation of the document selects, for these values of its variables; None if they are refused."""
    operation = SCHEMA.prepare(document, name)
    defined = operation.definition.variable_definitions or ()
    values = get_variable_values(SCHEMA._schema, defined, variables)
    if isinstance(values, list):
        return None
    return Selecting(SCHEMA._schema, operation.fragments, values, operation.definition)
