"""The size of introspection: the values that it returns, by the lengths of this schema's lists."""

from math import ceil
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)

_SPARE = 1.2
"""The most that an operation returns, in answers to the query that tools send for the whole schema."""

_WHOLE = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)

_ROOTS = ("__schema", "__type")


class Introspection:
    """Refuses the operations that ask for a schema many times over: it is answered while others wait."""

    def __init__(self, schema: GraphQLSchema) -> None:
        types: list[Any] = list(schema.type_map.values())
        fields = [len(getattr(each, "fields", ())) for each in types]
        arguments = [
            len(field.args) for each in types for field in getattr(each, "fields", {}).values() if _has_args(field)
        ]
        mean = sum(fields) / len(fields)
        self._lengths = {
            "__type": ceil(max(fields) / mean),  # one that is as large as the largest
            "types": len(types),
            "directives": len(schema.directives),
            "fields": ceil(mean),
            "inputFields": ceil(mean),
            "args": max(1, ceil(sum(arguments) / max(1, len(arguments)))),
        }
        ((_, whole),) = self._sizes(parse(_WHOLE))
        self._most = int(_SPARE * whole)

    def error(self, document: DocumentNode) -> GraphQLError | None:
        """The refusal of a document with too large an operation, after `limit_error`; None for any other."""
        for operation, size in self._sizes(document):
            if size > self._most:
                told = (
                    f"The introspection returns some {size:,} values; the maximum is {self._most:,}, somewhat more than"
                    " the whole schema has. Ask for less of it at once."
                )
                return GraphQLError(told, operation)
        return None

    def _sizes(self, document: DocumentNode) -> list[tuple[OperationDefinitionNode, int]]:
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        sizes = _Sizes(self._lengths, fragments)
        return [(operation, sizes.of(operation.selection_set, within=False)) for operation in operations]


class _Sizes:
    """The sizes of a document's selections; each fragment's is computed once."""

    def __init__(self, lengths: dict[str, int], fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._lengths = lengths
        self._fragments = fragments
        self._known: dict[tuple[str, bool], int] = {}

    def of(self, selections: SelectionSetNode, *, within: bool) -> int:
        """The values that the selections return; outside introspection only those of introspection inside them."""
        size = 0
        for node in selections.selections:
            inner: SelectionSetNode | None = getattr(node, "selection_set", None)
            if isinstance(node, FragmentSpreadNode):
                size += self._of_fragment(node.name.value, within)
            elif not isinstance(node, FieldNode):
                size += 0 if inner is None else self.of(inner, within=within)
            elif within or node.name.value in _ROOTS:
                times = self._lengths.get(node.name.value, 1)
                size += times * (1 + (0 if inner is None else self.of(inner, within=True)))
        return size

    def _of_fragment(self, name: str, within: bool) -> int:
        if (name, within) not in self._known:
            self._known[name, within] = 0  # for a cycle, which validation refuses
            fragment = self._fragments.get(name)
            self._known[name, within] = 0 if fragment is None else self.of(fragment.selection_set, within=within)
        return self._known[name, within]


def _has_args(field: Any) -> bool:
    return hasattr(field, "args")
