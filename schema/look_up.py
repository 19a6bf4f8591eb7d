"""Look-ups: a field's resolver returns an object that is not yet read, and `look_up` reads it."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLField
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension

from resolvers.reading import LookUp
from schema.definitions import has_extension
from schema.info import Info


class Reading(FieldExtension):
    """Reads the object that the resolver has looked up."""

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **arguments: Any) -> Any:
        found: LookUp[Any] | None = await next_(source, info, **arguments)
        return None if found is None else await found.row()


def is_look_up(field: GraphQLField) -> bool:
    """Whether the field looks an object up."""
    return has_extension(field, Reading)


def look_up(item: Any, *, description: str) -> Callable[[Callable[..., LookUp[Any] | None]], Any]:
    """A field that is an object of the type `item`, or null. Its resolver returns a LookUp, or None for null."""
    field: Callable[[Callable[..., LookUp[Any] | None]], Any] = strawberry.field(
        graphql_type=item | None, description=description, extensions=[Reading()]
    )
    return field
