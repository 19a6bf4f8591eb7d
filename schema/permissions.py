"""The permissions that the contract states, on types and fields, as directives in its SDL.

A field needs what it states itself and what the type that it returns states, be it one object, several or a connection.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import strawberry
from graphql import GraphQLField, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type
from strawberry.schema_directive import Location

from resolvers.context import Context
from schema.definitions import definition_of
from storage.words import Permission

_NEEDS = "journal-gateway-needs"


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    description="The caller needs all of these permissions; none is needed if the list is empty. Those of a type are"
    " needed for every field that returns the type, or a connection of it. A mutation and a subscription need, before"
    " anything is done, also those of everything that they select.",
)
class Requires:
    permissions: list[Permission]


@strawberry.schema_directive(
    name="requiresOneOf",
    locations=[Location.FIELD_DEFINITION],
    description="The caller needs at least one of these permissions; the input decides which, and whether it is more.",
)
class RequiresOneOf:
    permissions: list[Permission]


ANYONE = Requires(permissions=[])
"""For what any caller may see, or may see wherever it may see the object that has it."""


class Unstated(Exception):
    """A field of the contract states no permission, nor does the type that it returns."""


def stated(*permissions: Permission) -> Requires:
    """The statement that these permissions are needed."""
    return Requires(permissions=list(permissions))


@dataclass(frozen=True, slots=True)
class Needs:
    """The permissions that a field needs, those of the type that it returns included."""

    all: frozenset[Permission]
    one_of: tuple[Permission, ...]

    def check(self, context: Context) -> None:
        """Raise Forbidden if the caller lacks one of them."""
        if not self.all <= context.permissions:
            context.require(*(permission for permission in Permission if permission in self.all))
        if self.one_of:
            context.require_one_of(self.one_of)


def needs_of(field: GraphQLField) -> Needs:
    """What the field needs."""
    found: Needs | None = field.extensions.get(_NEEDS)
    if found is None:
        directives = [*_directives(field), *_directives(_stating(get_named_type(field.type)))]
        found = field.extensions[_NEEDS] = Needs(
            frozenset(word for one in directives if isinstance(one, Requires) for word in one.permissions),
            tuple(word for one in directives if isinstance(one, RequiresOneOf) for word in one.permissions),
        )
    return found


def unstated(contract: GraphQLSchema) -> Iterator[str]:
    """The fields and types of the contract whose permission is not stated."""
    roots = (contract.query_type, contract.mutation_type, contract.subscription_type)
    for of in contract.type_map.values():
        if not isinstance(of, GraphQLObjectType) or of.name.startswith("__"):
            continue
        if of not in roots:
            if not _directives(_stating(of)):
                yield of.name
            continue
        for name, field in of.fields.items():
            returns = get_named_type(field.type)
            inherits = of is not contract.mutation_type and not is_leaf_type(returns)
            if not _directives(field) and not (inherits and _is_stated(contract, returns)):
                yield f"{of.name}.{name}"


def _is_stated(contract: GraphQLSchema, of: GraphQLNamedType) -> bool:
    possible = [of] if isinstance(of, GraphQLObjectType) else contract.get_possible_types(of)  # type: ignore[arg-type]
    return all(_directives(_stating(one)) for one in possible)


def _stating(of: GraphQLNamedType) -> GraphQLNamedType:
    """The type that states the permissions for this one: of a connection and its edges, the type of the rows."""
    fields = of.fields if isinstance(of, GraphQLObjectType) else {}
    rows = fields.get("nodes") if "edges" in fields else fields.get("node") if "cursor" in fields else None
    return of if rows is None else get_named_type(rows.type)


def _directives(defined: GraphQLField | GraphQLNamedType) -> list[Requires | RequiresOneOf]:
    directives: Iterable[object] = getattr(definition_of(defined), "directives", None) or ()
    return [one for one in directives if isinstance(one, Requires | RequiresOneOf)]
