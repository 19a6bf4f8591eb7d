"""The check of permissions in the executor: each field that needs one is refused before its resolver is called.

Plans, which call no such resolver, make the same check in `schema.plan`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    default_field_resolver,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.collect_fields import FieldDetails

from schema.permissions import Unstated, needs_of, unstated
from schema.plan import FieldDetailsList, Selecting, selecting_of

Resolver = Callable[..., Any]


def guard(contract: GraphQLSchema) -> None:
    """Have every field of the contract refused to callers who lack its permissions. Raises Unstated."""
    if found := list(unstated(contract)):
        raise Unstated(f"state by @requires what these need: {', '.join(found)}")
    for of in contract.type_map.values():
        if not isinstance(of, GraphQLObjectType) or of.name.startswith("__"):
            continue
        for field in of.fields.values():
            if of is contract.mutation_type:
                field.resolve = _acting(field, field.resolve or default_field_resolver)
            elif of is contract.subscription_type:
                assert field.subscribe is not None
                field.subscribe = _acting(field, field.subscribe)
            elif needs_of(field).all or needs_of(field).one_of:
                field.resolve = _showing(field, field.resolve or default_field_resolver)


def _showing(field: GraphQLField, resolve: Resolver) -> Resolver:
    def guarded(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        needs_of(field).check(info.context)
        return resolve(source, info, **arguments)

    return guarded


def _acting(field: GraphQLField, resolve: Resolver) -> Resolver:
    """What is selected is checked first too: nothing is done for a caller who may not see what would be returned."""

    def guarded(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        needs_of(field).check(info.context)
        details = [FieldDetails(node, None) for node in info.field_nodes]
        for selected in _selected(selecting_of(info), field, details):
            needs_of(selected).check(info.context)
        return resolve(source, info, **arguments)

    return guarded


def _selected(selecting: Selecting, field: GraphQLField, details: FieldDetailsList) -> Iterator[GraphQLField]:
    """The fields that are selected below a field, on every type that its objects may have."""
    returns = get_named_type(field.type)
    for of in selecting.schema.get_possible_types(returns) if is_abstract_type(returns) else [returns]:
        if not isinstance(of, GraphQLObjectType):
            continue
        for selected in selecting.subfields(of, details).values():
            name = selected[0].node.name.value
            if not name.startswith("__"):
                yield of.fields[name]
                yield from _selected(selecting, of.fields[name], selected)
