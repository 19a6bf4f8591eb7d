"""Paging: a field's resolver returns a list not yet read, and `connection` gives the field its paging arguments."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLField
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from resolvers.paging import ROWS_PER_PAGE_DEFAULT, window
from resolvers.reading import Listing
from schema.connection import Connection, CountedPage
from schema.definitions import has_extension
from schema.info import Info
from schema.list_size import ListSize

PAGING = ("first", "after", "last", "before")
"""The paging arguments, in the order of `resolvers.paging.window`."""

PAGED = ListSize(
    assumed_size=ROWS_PER_PAGE_DEFAULT, slicing_arguments=["first", "last"], sized_fields=["edges", "nodes"]
)


def is_list(field: GraphQLField) -> bool:
    """Whether the field is a list that is read in pages."""
    return has_extension(field, Paging)


def _argument(name: str, of_type: type, description: str) -> StrawberryArgument:
    annotation = StrawberryAnnotation(of_type | None)
    return StrawberryArgument(name, None, annotation, default=UNSET, description=description)


class Paging(FieldExtension):
    """Adds the Relay paging arguments, and reads the page that they select."""

    def apply(self, field: StrawberryField) -> None:
        field.directives = [*field.directives, PAGED]
        field.arguments = [
            _argument("first", int, "Return the first N rows, 1,000 at most; the default is 100."),
            _argument("after", str, "Return rows after this cursor."),
            _argument("last", int, "Return the last N rows, 1,000 at most."),
            _argument("before", str, "Return rows before this cursor."),
            *field.arguments,
        ]

    async def resolve_async(
        self,
        next_: AsyncExtensionResolver,
        source: Any,
        info: Info,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        **others: Any,
    ) -> CountedPage[Any]:
        listing: Listing[Any] = await next_(source, info, **others)
        return CountedPage(await listing.page(window(first, after, last, before)), listing.count)


def connection(item: Any, *, description: str) -> Callable[[Callable[..., Listing[Any]]], Any]:
    """A field that is a Relay connection of `item`. Its resolver returns a Listing.

    RequestError is raised if the paging arguments contradict each other or are out of range.
    """
    field: Callable[[Callable[..., Listing[Any]]], Any] = strawberry.field(
        graphql_type=Connection[item], description=description, extensions=[Paging()]
    )
    return field
