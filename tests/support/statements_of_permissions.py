"""What the contract's SDL states about permissions, read without the product's own code for it."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
)
from graphql.utilities import value_from_ast_untyped

from schema.schema import SCHEMA
from storage.words import Permission

Permissions = frozenset[Permission]


class Stated:
    """The contract, with the permissions that each type and field states."""

    def __init__(self, sdl: str | None = None) -> None:
        self.contract: GraphQLSchema = build_schema(sdl or SCHEMA.as_str())

    def needs(self, field: GraphQLField) -> Permissions:
        """All of these are needed for the field."""
        return self._words(field, "requires") | self.needs_of(get_named_type(field.type))

    def needs_one_of(self, field: GraphQLField) -> Permissions:
        """One of these is needed for the field, if there are any."""
        return self._words(field, "requiresOneOf")

    def needs_of(self, of: GraphQLNamedType) -> Permissions:
        """All of these are needed to see an object of that type."""
        fields = of.fields if isinstance(of, GraphQLObjectType) else {}
        rows = fields.get("node" if of.name.endswith("Edge") else "nodes")
        return self._words(of, "requires") if rows is None else self.needs_of(get_named_type(rows.type))

    def allows(self, field: GraphQLField, permissions: Permissions) -> bool:
        """Whether a caller with these permissions may ask for the field."""
        one_of = self.needs_one_of(field)
        return self.needs(field) <= permissions and (not one_of or bool(one_of & permissions))

    def _words(self, defined: Any, directive: str) -> Permissions:
        found = [one for one in getattr(defined.ast_node, "directives", None) or () if one.name.value == directive]
        names = [name for one in found for argument in one.arguments for name in value_from_ast_untyped(argument.value)]
        return frozenset(Permission[name] for name in names)


class Documents:
    """Selections of everything, or of what a caller may see, nested so deep."""

    def __init__(self, stated: Stated, rows: int) -> None:
        self._stated = stated
        self._rows = rows

    def selection(self, of: Any, deep: int, permissions: Permissions | None = None) -> str:
        """Every field of the type and of objects below it; only those allowed to a caller with these permissions."""
        parts = ["__typename"]
        for name, field in of.fields.items():
            returns: Any = get_named_type(field.type)
            if permissions is not None and not self._stated.allows(field, permissions):
                continue
            if is_leaf_type(returns):
                parts.append(name)
            elif deep > 0 or returns.name in ("PageInfo", "UserError"):
                parts.append(self.field(name, field, deep, permissions))
        return "{ " + " ".join(parts) + " }"

    def field(self, name: str, field: GraphQLField, deep: int, permissions: Permissions | None = None) -> str:
        """The field with such a selection. A connection's rows are selected as nodes, and their cursors as edges."""
        returns: Any = get_named_type(field.type)
        if "edges" not in getattr(returns, "fields", {}):
            return f"{name} {self.selection(returns, deep - 1, permissions)}"
        row: Any = get_named_type(returns.fields["nodes"].type)
        window = f"(first: {self._rows})" if "first" in field.args else ""
        page_info = self.selection(get_named_type(returns.fields["pageInfo"].type), 0)
        edges = "edges { __typename cursor node { __typename } }"
        nodes = f"nodes {self.selection(row, deep - 1, permissions)}"
        return f"{name}{window} {{ __typename {nodes} {edges} pageInfo {page_info} totalCount }}"

    def forbidden(self, of: Any, deep: int, permissions: Permissions) -> Iterator[tuple[str, list[str]]]:
        """Selections of one field that is not allowed, at the end of each path of those that are; and the path."""
        for name, field in of.fields.items():
            returns: Any = get_named_type(field.type)
            connected = "nodes" in getattr(returns, "fields", {})
            row: Any = get_named_type(returns.fields["nodes"].type) if connected else returns
            if not self._stated.allows(field, permissions):
                inside = "" if is_leaf_type(returns) else f" {self.selection(returns, 0)}"
                yield f"{{ __typename {name}{inside} }}", [name]
            elif deep > 0 and not is_leaf_type(row):
                for selection, path in self.forbidden(row, deep - 1, permissions):
                    inside = f"{{ __typename nodes {selection} }}" if connected else selection
                    yield f"{{ __typename {name} {inside} }}", [name, *path]

    def revealed(self, data: Any, *, asked: bool = False) -> Permissions:
        """The permissions that all values in the data need, or all that were asked for, null or not.

        Each object has its __typename.
        """
        if isinstance(data, list):
            return frozenset().union(*(self.revealed(one, asked=asked) for one in data))
        if not isinstance(data, dict):
            return frozenset()
        of: Any = self._stated.contract.type_map[data["__typename"]]
        found = self._stated.needs_of(of)
        for name, value in data.items():
            if name != "__typename" and (asked or value is not None):
                found |= self._stated.needs(of.fields[name]) | self.revealed(value, asked=asked)
        return found
