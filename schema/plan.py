"""The plan of a query: its selection in the words of `storage.documents`, so that one statement can answer it.

graphql-core collects the fields, so fragments, directives, aliases and merged fields are what they are everywhere.
A field's name in Python is the name of the value, relation or list of its row, so a new field needs no plan of its own.
"""

from collections.abc import Callable, ItemsView, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments

from resolvers.paging import window
from resolvers.reading import Computed, Listing, LookUp
from schema.computed import is_computed
from schema.definitions import definition_of
from schema.info import RequestContext
from schema.look_up import is_look_up
from schema.paging import PAGING, is_list
from schema.permissions import needs_of
from storage.documents.answer import Document
from storage.documents.words import (
    Constant,
    Cursor,
    Edges,
    Member,
    Node,
    Nodes,
    One,
    Paged,
    PageInfo,
    Part,
    Related,
    Root,
    TotalCount,
    Value,
)

UNPLANNED: dict[str, str] = {}
"""Fields that no plan has, such as `JournalRun.notice`, with the reason. What selects one goes the stock way."""

FieldDetailsList = list[FieldDetails]


class Unplanned(Exception):
    """The query goes the stock way. The text is the reason, one of a few."""


@dataclass(frozen=True, slots=True)
class Selecting:
    """What graphql-core needs to collect the fields of an operation, whose variables have their values."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDetails]
    variable_values: VariableValues
    operation: OperationDefinitionNode

    def root(self) -> GraphQLObjectType:
        """The type of the operation."""
        of = self.schema.get_root_type(self.operation.operation)
        assert of is not None
        return of

    def fields(self) -> dict[str, FieldDetailsList]:
        """The fields that the operation selects, by their names in the answer."""
        collected = collect_fields(self.schema, self.fragments, self.variable_values, self.root(), self.operation)
        return collected.grouped_field_set

    def subfields(self, of: GraphQLObjectType, details: FieldDetailsList) -> dict[str, FieldDetailsList]:
        """The fields that a field selects of an object of that type."""
        collected = collect_subfields(self.schema, self.fragments, self.variable_values, self.operation, of, details)
        return collected.grouped_field_set


def selecting_of(info: GraphQLResolveInfo[Any]) -> Selecting:
    """The same, of the operation in which a field is resolved."""
    fragments = {name: FragmentDetails(definition) for name, definition in info.fragments.items()}
    return Selecting(info.schema, fragments, info.variable_values, info.operation)


@dataclass(frozen=True, slots=True)
class Asker:
    """What a resolver of a list or a look-up needs to know: who asks."""

    context: RequestContext


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are computed, each of which becomes an object of these members."""

    key: str
    asked: Computed[Any]
    members: list[Member]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read, and `data` with the members that are known before; those to be read are None."""

    document: Document
    tables: Sequence[Table]
    data: Mapping[str, Any]


class Planner:
    """Plans queries of one schema."""

    def __init__(self, converter: GraphQLCoreConverter, types: Sequence[GraphQLObjectType]) -> None:
        self._converter = converter
        rows = ((getattr(getattr(definition_of(of), "origin", None), "row", None), of) for of in types)
        self._types: dict[type, GraphQLObjectType] = {row: of for row, of in rows if row is not None}

    def plan(self, operation: Selecting, context: RequestContext) -> Plan:
        """The plan of a query.

        Raises Unplanned, and what resolvers of lists and look-ups raise; the stock way words and places such errors.
        """
        return _Operation(operation, Asker(context), self._converter, self._types).plan()

    def members(
        self, operation: Selecting, context: RequestContext, of: type, details: FieldDetailsList
    ) -> list[Member]:
        """What a field selects of rows of that type. Raises as `plan`."""
        return _Operation(operation, Asker(context), self._converter, self._types).members(self._types[of], details)


class _Operation:
    def __init__(
        self,
        operation: Selecting,
        asker: Asker,
        converter: GraphQLCoreConverter,
        types: dict[type, GraphQLObjectType],
    ) -> None:
        self._operation = operation
        self._asker = asker
        self._converter = converter
        self._types = types
        self._roots: list[Root] = []
        self._tables: list[Table] = []
        self._data: dict[str, Any] = {}

    def plan(self) -> Plan:
        query = self._operation.root()
        for key, details in self._operation.fields().items():
            self._data[key] = None
            self._root(query, key, details)
        return Plan(Document(self._roots, self._asker.context.organizations), self._tables, self._data)

    def _root(self, query: GraphQLObjectType, key: str, details: FieldDetailsList) -> None:
        name = details[0].node.name.value
        if name == "__typename":
            self._data[key] = query.name
            return
        if name.startswith("__"):
            raise Unplanned("introspection")
        graphql_field = query.fields[name]
        needs_of(graphql_field).check(self._asker.context)
        if is_list(graphql_field):
            self._roots.append(self._paged(graphql_field, key, details))
        elif is_look_up(graphql_field):
            found: LookUp[Any] | None = self._called(graphql_field, details)
            if found is not None:
                of = self._types[found.of]
                self._roots.append(One(key, found.of, found.condition, self.members(of, details)))
        elif is_computed(graphql_field):
            of = get_named_type(graphql_field.type)
            self._tables.append(Table(key, self._called(graphql_field, details), self.members(of, details)))
        else:
            # What needs no reading, such as the caller.
            value, of = self._called(graphql_field, details), get_named_type(graphql_field.type)
            self._data[key] = {member.key: _known(value, member) for member in self.members(of, details)}

    def members(self, of: Any, details: FieldDetailsList) -> list[Member]:
        members: list[Member] = []
        for key, selected in self._selected(of, details):
            name = selected[0].node.name.value
            if name == "__typename":
                members.append(Constant(key, of.name))
                continue
            if f"{of.name}.{name}" in UNPLANNED:
                raise Unplanned("a field without a plan")
            graphql_field = of.fields[name]
            needs_of(graphql_field).check(self._asker.context)
            definition = definition_of(graphql_field)
            named = get_named_type(graphql_field.type)
            if is_leaf_type(named):
                members.append(Value(key, definition.python_name))
            elif is_list(graphql_field):
                members.append(self._paged(graphql_field, key, selected))
            else:
                members.append(Related(key, definition.python_name, self.members(named, selected)))
        return members

    def _paged(self, graphql_field: GraphQLField, key: str, details: FieldDetailsList) -> Paged:
        arguments = self._arguments(graphql_field, details)
        page = window(*(arguments.pop(name, None) for name in PAGING))
        listing: Listing[Any] = self._call(graphql_field, arguments)
        connection = get_named_type(graphql_field.type)
        parts = [self._part(connection, part, selected) for part, selected in self._selected(connection, details)]
        name = definition_of(graphql_field).python_name
        return Paged(key, name, listing.order, listing.conditions, page, listing.order.bounds(page), parts)

    def _part(self, connection: Any, key: str, details: FieldDetailsList) -> Part:
        name = details[0].node.name.value
        if name == "__typename":
            return Constant(key, connection.name)
        of = get_named_type(connection.fields[name].type)
        match name:
            case "nodes":
                return Nodes(key, self.members(of, details))
            case "edges":
                return Edges(key, [self._edge(of, one, selected) for one, selected in self._selected(of, details)])
            case "pageInfo":
                return PageInfo(key, [m for m in self.members(of, details) if isinstance(m, Value | Constant)])
            case "totalCount":
                return TotalCount(key)
        raise Unplanned("a field without a plan")

    def _edge(self, of: Any, key: str, details: FieldDetailsList) -> Cursor | Node | Constant:
        name = details[0].node.name.value
        if name == "__typename":
            return Constant(key, of.name)
        if name == "cursor":
            return Cursor(key)
        return Node(key, self.members(get_named_type(of.fields[name].type), details))

    def _selected(self, of: Any, details: FieldDetailsList) -> ItemsView[str, FieldDetailsList]:
        return self._operation.subfields(of, details).items()

    def _called(self, graphql_field: GraphQLField, details: FieldDetailsList) -> Any:
        return self._call(graphql_field, self._arguments(graphql_field, details))

    def _arguments(self, graphql_field: GraphQLField, details: FieldDetailsList) -> dict[str, Any]:
        values = get_argument_values(
            graphql_field, details[0].node, self._operation.variable_values, details[0].fragment_variable_values
        )
        converter = self._converter
        arguments = definition_of(graphql_field).arguments
        return convert_arguments(values, arguments, converter.scalar_registry, converter.config)

    def _call(self, graphql_field: GraphQLField, arguments: dict[str, Any]) -> Any:
        """What the field's resolver returns, without the row that it belongs to."""
        resolver = definition_of(graphql_field).base_resolver
        assert resolver is not None
        return cast("Callable[..., Any]", resolver.wrapped_func)(None, self._asker, **arguments)


def _known(value: object, member: Member) -> object:
    if isinstance(member, Constant):
        return member.text
    assert isinstance(member, Value)
    found = getattr(value, member.name)
    return [one.name for one in found] if isinstance(found, list) else found.name if isinstance(found, Enum) else found
