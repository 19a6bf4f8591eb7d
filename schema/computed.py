"""Rows that are computed: a field's resolver returns them not yet read, and `computed` reads them."""

from collections.abc import Callable, Sequence
from typing import Any

import strawberry
from graphql import GraphQLField
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension

from resolvers.reading import Computed
from schema.definitions import has_extension
from schema.info import Info


class Computing(FieldExtension):
    """Reads the rows that the resolver has asked for."""

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **arguments: Any) -> Any:
        asked: Computed[Any] = await next_(source, info, **arguments)
        return await asked.rows()


def is_computed(field: GraphQLField) -> bool:
    """Whether the field is rows that are computed."""
    return has_extension(field, Computing)


def computed(
    item: Any, *, description: str, directives: Sequence[object]
) -> Callable[[Callable[..., Computed[Any]]], Any]:
    """A field that is a list of the type `item`. Its resolver returns a Computed.

    The type has values, and objects of values, under the names that they have in the rows: plans know no more of it.
    """
    field: Callable[[Callable[..., Computed[Any]]], Any] = strawberry.field(
        graphql_type=list[item], description=description, directives=directives, extensions=[Computing()]
    )
    return field
