"""Filters and orders in the input, as storage takes them."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from strawberry import UNSET

from resolvers.errors import RequestError
from resolvers.names import name_to_find
from schema.arguments import OrderDirection, given
from schema.input_limits import DEPTH_MAX, FILTERS_MAX, too_deep, too_many_filters

Conditions = TypeVar("Conditions")

ORDER_KEYS_MAX = 5
"""The sort keys of one order."""

AND = "All of these filters are met; an empty list is met by everything."
OR = "At least one of these filters is met; an empty list is met by nothing."
NOT = "This filter is not met; an empty filter is met by everything, so nothing is left."

RANGES = "Ranges include both ends; one whose end is before its start matches nothing."

ORDERS = (
    f"With `thenBy`, rows that are equal by one key are sorted by the next; {ORDER_KEYS_MAX} keys at most, each once."
)
THEN_BY = "How rows are sorted that are equal by this key."

TEXT = "White space around it is dropped; the letters A to Z match a to z, and any other character matches only itself."

NAMES = {
    "accounting_code_names",
    "accounting_period_name",
    "account_names",
    "account_numbers",
    "credit_account_names",
    "debit_account_names",
    "document_numbers",
    "gl_account_numbers",
    "name",
    "organization_labels",
    "text",
    "transaction_ids",
    "values",
}
"""Fields whose values are normalised by the rule for texts, as what they are compared with was."""

_KEYWORDS = {"all_of": "and", "any_of": "or", "none_of": "not"}


class SortOrder(Protocol):
    """An order in the input."""

    field: Any
    direction: OrderDirection
    then_by: Any


def filter_for(of: type[Conditions], filter: object, *path: str) -> Conditions:
    """The filter for storage, of that type; if it was left out, it has no conditions.

    An input class says in its attribute `stored` which type it becomes. Raises RequestError for a name that nothing
    can have, and for too many filters in each other.
    """
    if not path:
        _check_size(filter)
    place = path or ("filter",)
    values = given(filter) if filter else {}
    return of(**{name: _stored(name, value, (*place, _KEYWORDS.get(name, name))) for name, value in values.items()})


def order_keys(order: SortOrder | None) -> list[tuple[str, bool]]:
    """The names of the sort keys, each with whether it is descending.

    Raises RequestError for too many, and for one that is named twice.
    """
    keys: list[tuple[str, bool]] = []
    path = ["order_by"]
    while order:
        name = order.field.value
        if name in dict(keys):
            message = f"The sort key {order.field.name} is named twice; name each once."
            raise RequestError(message, *path, "field")
        if len(keys) == ORDER_KEYS_MAX:
            raise RequestError(f"There are more than {ORDER_KEYS_MAX} sort keys; that is the maximum.", *path)
        keys.append((name, order.direction is OrderDirection.DESC))
        order = None if order.then_by is UNSET else order.then_by
        path.append("then_by")
    return keys


def _check_size(filter: object) -> None:
    """Raise RequestError for filters that are too many, or too deep; those of variables come together only here."""
    filters, inside = 0, [(filter, 1)]
    while inside:
        one, depth = inside.pop()
        if not hasattr(type(one), "stored"):
            continue
        if depth > DEPTH_MAX:
            raise RequestError(too_deep("filter"), "filter")
        filters += hasattr(one, "all_of")
        for value in vars(one).values():
            inside += [(each, depth + 1) for each in (value if isinstance(value, list) else [value])]
    if filters > FILTERS_MAX:
        raise RequestError(too_many_filters("filter", filters), "filter")


def _stored(name: str, value: Any, path: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_stored(name, one, (*path, str(place))) for place, one in enumerate(value)]
    if (stored := getattr(type(value), "stored", None)) is not None:
        return filter_for(stored, value, *path)
    return name_to_find(value, *path) if name in NAMES and isinstance(value, str) else value
