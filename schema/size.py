"""The size of an operation: the rows that it may return. The sizes of lists that are nested multiply."""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLField, get_named_type, is_leaf_type
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_argument_values

from resolvers.errors import RequestError
from resolvers.paging import window
from schema.paging import PAGING, is_list
from schema.plan import Selecting

ROWS_MAX = 200_000
"""The rows that an operation may return at most, or an event of a subscription."""

QUERY_TOO_LARGE = "QUERY_TOO_LARGE"

Nesting = tuple[tuple[str, int], ...]
"""The lists around a row, from the outermost: their names and page sizes."""


@dataclass(slots=True)
class _Size:
    rows: int = 0
    most: int = 0
    largest: Nesting = ()

    def add(self, nesting: Nesting, rows: int) -> None:
        """Add the rows of one list, wherever it is nested."""
        self.rows += rows
        if rows > self.most:
            self.most, self.largest = rows, nesting


def size_error(operation: Selecting) -> GraphQLError | None:
    """The refusal of an operation that may return more than ROWS_MAX rows; None for any other."""
    size = _Size()
    for details in operation.fields().values():
        _add(size, operation, operation.root(), details, (), 1)
    if size.rows <= ROWS_MAX:
        return None
    shown = " x ".join(f"{name} {rows:,}" for name, rows in size.largest)
    told = (
        f"The answer could have {size.rows:,} rows; the maximum is {ROWS_MAX:,}. Ask for smaller pages with `first` or"
        f" `last`. The largest part is {shown} = {size.most:,}."
    )
    return GraphQLError(told, extensions={"code": QUERY_TOO_LARGE, "rows": size.rows, "maximum": ROWS_MAX})


def _add(
    size: _Size, operation: Selecting, parent: Any, details: list[FieldDetails], nesting: Nesting, times: int
) -> None:
    name = details[0].node.name.value
    field = parent.fields.get(name)
    if field is None or is_leaf_type(get_named_type(field.type)):
        return
    if is_list(field):
        rows = _page_size(operation, field, details[0])
        nesting, times = (*nesting, (name, rows)), times * rows
        size.add(nesting, times)
    for of in _object_types(operation, get_named_type(field.type)):
        for selected in operation.subfields(of, details).values():
            _add(size, operation, of, selected, nesting, times)


def _page_size(operation: Selecting, field: GraphQLField, details: FieldDetails) -> int:
    try:
        values = get_argument_values(field, details.node, operation.variable_values, details.fragment_variable_values)
        return window(*(values.get(name) for name in PAGING)).size
    except (GraphQLError, RequestError):
        return 0  # the field is refused


def _object_types(operation: Selecting, of: Any) -> Any:
    return operation.schema.get_possible_types(of) if hasattr(of, "resolve_type") else [of]
