"""Relay connections over pages of rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry

from schema.list_size import AGGREGATED
from schema.permissions import ANYONE
from storage.pages import Page

Item = TypeVar("Item")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PageEdge(Generic[Row]):
    """A row with its cursor."""

    cursor: str
    node: Row


@dataclass(frozen=True, slots=True)
class CountedPage(Generic[Row]):
    """A page of rows behind the fields of a connection. The total is counted only if the query selects it."""

    page: Page[Row]
    count: Callable[[], Awaitable[int | None]]

    @property
    def nodes(self) -> list[Row]:
        """The rows."""
        return self.page.rows

    @property
    def edges(self) -> list[PageEdge[Row]]:
        """The rows with their cursors."""
        return [PageEdge(cursor, row) for cursor, row in zip(self.page.cursors, self.page.rows, strict=True)]

    @property
    def page_info(self) -> "PageInfo":
        """The position of the page in its list."""
        cursors = self.page.cursors
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )


@strawberry.type(description="Position of a page in its list.", directives=[ANYONE])
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row; pass it as `before`.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row; pass it as `after`.")


@strawberry.type(description="A row of a list, with its cursor.")
class Edge(Generic[Item]):
    cursor: str = strawberry.field(description="Position of the row in this list.")
    node: Item = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = strawberry.field(description="The rows of this page, with their cursors.")
    nodes: list[Item] = strawberry.field(description="The rows of this page.")
    page_info: PageInfo = strawberry.field(description="Position of this page in the list.")

    @strawberry.field(description="Number of rows in the whole list.", directives=AGGREGATED)
    async def total_count(root: strawberry.Parent[CountedPage[Any]]) -> int:
        return await root.count() or 0
