"""The cost of an operation: the objects that its answer can have, known before it is executed.

The sizes of lists that are nested multiply, so that a page costs its size times what each of its objects costs. A list
that is not read in pages counts with the size that the contract assumes (`schema.list_size`), a count over rows with
its weight. Where an object has one of several types, the most expensive one counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, NamedTuple, cast

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.execution.collect_fields import FieldDetails

from resolvers.paging import ROWS_PER_PAGE_DEFAULT, ROWS_PER_PAGE_MAX
from schema.definitions import definition_of
from schema.list_size import Cost, ListSize
from schema.plan import Selecting

CHANGE = 10
"""What each mutation costs beside the objects that it returns."""

INTROSPECTED = 8
"""So many objects of introspection count as one: they are in memory."""


@dataclass(frozen=True, slots=True)
class Part:
    """A field of an operation: its name in the answer, its cost, and the lists in it that cost most.

    The lists stand inside each other, from the outermost, each as its name and size.
    """

    name: str
    cost: int
    lists: list[tuple[str, int]]


class _Field(NamedTuple):
    """What a field costs by itself, the types of its objects, and how many objects it, or its sized fields, have."""

    weight: int = 0
    of: tuple[GraphQLObjectType, ...] = ()
    size: int = 1
    slicing: tuple[list[str], ...] = ()
    sized: frozenset[str] = frozenset()
    counted_as_one: int = 1


class _Sizes(NamedTuple):
    """The fields of an object whose sizes its own field gives, and that size."""

    fields: frozenset[str] = frozenset()
    size: int = 1


_NO_SIZES = _Sizes()


class Costs:
    """The costs of operations of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        introspected = _introspected(schema)
        self._fields = {
            of.name: {name: _described(schema, name, one, introspected) for name, one in of.fields.items()}
            | {"__typename": _Field()}
            for of in schema.type_map.values()
            if isinstance(of, GraphQLObjectType)
        }
        assert schema.query_type is not None
        self._fields[schema.query_type.name] |= {
            name: _described(schema, name, one, introspected)._replace(counted_as_one=INTROSPECTED)
            for name, one in {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}.items()
        }

    def cost(self, operation: Selecting) -> int:
        """The cost of a query or a mutation, or of each event of a subscription; at least 1.

        Raises GraphQLError for a directive whose variable is null.
        """
        return max(1, _Reckoning(self._fields, operation).operation())

    def executed(self, operation: Selecting) -> int:
        """The cost of a mutation without lists, which statements write (`schema.info.written`). Raises as `cost`."""
        return _Reckoning(self._fields, operation).executed()

    def largest(self, operation: Selecting) -> Part:
        """The field of the operation that costs most. Raises as `cost`."""
        return _Reckoning(self._fields, operation).largest()


@dataclass(slots=True)
class _Reckoning:
    """The cost of one operation. What is selected alike at several places, as fragments may be, is reckoned once."""

    fields: Mapping[str, Mapping[str, _Field]]
    selecting: Selecting
    known: dict[tuple[object, ...], int] = field(default_factory=dict)

    def operation(self) -> int:
        return self._changes(self.selecting.fields())

    def executed(self) -> int:
        fields, selected = self.fields[self.selecting.root().name], self.selecting.fields()
        return self._changes(
            {key: details for key, details in selected.items() if not fields[details[0].node.name.value].sized}
        )

    def largest(self) -> Part:
        of, sizes, selected = self.selecting.root(), _NO_SIZES, self.selecting.fields()
        key, cost = self._most_expensive(of, selected, sizes)
        part, name = Part(key, cost, []), key
        while selected:
            details = selected[key]
            around, name = name, details[0].node.name.value
            described = self.fields[of.name][name]
            size, inside = self._sizes(described, details[0].node, sizes)
            if name in sizes.fields:
                part.lists.append((around, size))
            elif size > 1:
                part.lists.append((name, size))
            if not described.of:
                break
            of = max(described.of, key=lambda one: self._object(one, details, inside))
            sizes, selected = inside, self.selecting.subfields(of, details)
            if selected:
                key, _ = self._most_expensive(of, selected, sizes)
        return part

    def _changes(self, selected: Mapping[str, list[FieldDetails]]) -> int:
        """Of the operation itself."""
        is_change = self.selecting.operation.operation is OperationType.MUTATION
        return self._sum(self.selecting.root(), selected, _NO_SIZES) + CHANGE * len(selected) * is_change

    def _most_expensive(
        self, of: GraphQLObjectType, selected: Mapping[str, list[FieldDetails]], sizes: _Sizes
    ) -> tuple[str, int]:
        costs = {key: self._field(of, details, sizes) for key, details in selected.items()}
        return max(costs.items(), key=lambda one: one[1])

    def _sum(self, of: GraphQLObjectType, selected: Mapping[str, list[FieldDetails]], sizes: _Sizes) -> int:
        """Of one object of that type, without itself."""
        return sum(self._field(of, details, sizes) for details in selected.values())

    def _field(self, of: GraphQLObjectType, details: list[FieldDetails], sizes: _Sizes) -> int:
        described = self.fields[of.name][details[0].node.name.value]
        if not described.of:
            return described.weight
        size, inside = self._sizes(described, details[0].node, sizes)
        each = max(1 + self._object(one, details, inside) for one in described.of)
        return described.weight + ceil(size * each / described.counted_as_one)

    def _object(self, of: GraphQLObjectType, details: list[FieldDetails], sizes: _Sizes) -> int:
        key = (of.name, sizes, *(id(one.node.selection_set) for one in details))
        if (found := self.known.get(key)) is None:
            found = self.known[key] = self._sum(of, self.selecting.subfields(of, details), sizes)
        return found

    def _sizes(self, described: _Field, node: FieldNode, sizes: _Sizes) -> tuple[int, _Sizes]:
        """How many objects the field has, and the sizes that it gives to fields of theirs."""
        size = self._sliced(described, node) if described.slicing else described.size
        if described.sized:
            return 1, _Sizes(described.sized, size)
        return sizes.size if node.name.value in sizes.fields else size, _NO_SIZES

    def _sliced(self, described: _Field, node: FieldNode) -> int:
        """The size that an argument gives to a list; 0 if the list will be refused."""
        given = [size for path in described.slicing for size in self._given(node, path)]
        size = max(given, default=described.size)
        return size if 0 <= size <= ROWS_PER_PAGE_MAX else 0

    def _given(self, node: FieldNode, path: list[str]) -> Iterable[int]:
        for argument in node.arguments or ():
            if argument.name.value == path[0]:
                value: Any = value_from_ast_untyped(argument.value, self.selecting.variable_values.coerced)
                for name in path[1:]:
                    value = value.get(name) if isinstance(value, dict) else None
                if isinstance(value, int):
                    yield value
                elif isinstance(value, list):
                    yield len(value)


def _described(schema: GraphQLSchema, name: str, defined: GraphQLField, introspected: Mapping[str, int]) -> _Field:
    definition, named = definition_of(defined), get_named_type(defined.type)
    directives = getattr(definition, "directives", ())
    weight = sum(int(one.weight) for one in directives if isinstance(one, Cost))
    if is_leaf_type(named):
        return _Field(weight)
    of = tuple(schema.get_possible_types(named)) if is_abstract_type(named) else (cast("GraphQLObjectType", named),)
    is_list = is_list_type(get_nullable_type(defined.type))
    if definition is None:
        return _Field(weight, of, introspected[name] if is_list else 1)
    size = next((one for one in directives if isinstance(one, ListSize)), None)
    if size is None:
        return _Field(weight, of, ROWS_PER_PAGE_DEFAULT if is_list else 1)
    slicing = tuple(path.split(".") for path in size.slicing_arguments or ())
    return _Field(weight, of, size.assumed_size or 1, slicing, frozenset(size.sized_fields or ()))


def _introspected(schema: GraphQLSchema) -> Mapping[str, int]:
    """The sizes of the lists of introspection: of a member of each type or field, the average, rounded up."""
    types = schema.type_map.values()
    fields = [one for of in types for one in getattr(of, "fields", {}).values() if isinstance(one, GraphQLField)]
    inputs = [one for of in types if isinstance(of, GraphQLInputObjectType) for one in of.fields]
    values = [one for of in types if is_enum_type(of) for one in of.values]
    return {
        "types": len(types),
        "directives": len(schema.directives),
        "fields": ceil(len(fields) / len(types)),
        "inputFields": ceil(len(inputs) / len(types)),
        "enumValues": ceil(len(values) / len(types)),
        "args": ceil(sum(len(one.args) for one in fields) / len(fields)),
        "interfaces": 1,
        "possibleTypes": 1,
    }
