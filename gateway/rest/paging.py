"""Lists in pages that are numbered, as the wire has them."""

from dataclasses import dataclass

from pydantic import Field
from starlette.datastructures import URL, QueryParams

from gateway.rest.refusals import Category, Refused, because
from gateway.rest.wire import Success
from storage.pages import Page, Row, Window

LARGEST_PAGE = 300
LAST_PAGE = 1_000_000_000


class Paged(Success):
    """A page of a list."""

    next_page: str | None = Field(
        default=None,
        exclude_if=lambda url: url is None,
        description="Where the next page is; absent on the last page.",
    )


@dataclass(frozen=True, slots=True)
class Numbered:
    """The page that is asked for."""

    url: URL
    number: int
    window: Window

    def next(self, page: Page[Row]) -> str | None:
        """Where the next page is. It is found by its cursor, so that a deep page costs what the first costs."""
        if not page.has_next:
            return None
        following = {"page": self.number + 1, "pageSize": self.window.size, "cursor": page.cursors[-1]}
        return str(self.url.include_query_params(**following))


def numbered(url: URL, usual_size: int) -> Numbered:
    """The page that the query asks for. A size that is none means the usual one, as published; too large, the largest.

    Raises Refused for a page number that is none.
    """
    parameters = QueryParams(url.query)
    number = _positive(parameters.get("page") or "1")
    if number is None or number > LAST_PAGE:
        message = f"page: {parameters['page']!r} is no page; pages are numbered from 1 to {LAST_PAGE}."
        raise Refused(because(Category.QUERY, message))
    size = min(_positive(parameters.get("pageSize", "")) or usual_size, LARGEST_PAGE)
    cursor = parameters.get("cursor")
    skip = 0 if cursor else (number - 1) * size
    return Numbered(url, number, Window(size=size, after=cursor or None, skip=skip))


def _positive(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) > 0 else None
