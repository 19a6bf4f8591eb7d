"""Lists with numbered pages."""

from dataclasses import dataclass

from pydantic import Field
from starlette.datastructures import URL, QueryParams

from gateway.rest.refusals import Category, Refused, reason
from gateway.rest.wire import Success
from storage.pages import Page, Row, Window

ROWS_PER_PAGE_MAX = 300
LAST_PAGE = 1_000_000_000


class Paged(Success):
    """A page of a list."""

    next_page: str | None = Field(
        default=None,
        exclude_if=lambda url: url is None,
        description="The URL of the next page; absent on the last page.",
    )


@dataclass(frozen=True, slots=True)
class Numbered:
    """The requested page."""

    url: URL
    number: int
    window: Window

    def next(self, page: Page[Row]) -> str | None:
        """The URL of the next page. It contains a cursor, so that a deep page costs no more than the first."""
        if not page.has_next:
            return None
        following = {"page": self.number + 1, "pageSize": self.window.size, "cursor": page.cursors[-1]}
        return str(self.url.include_query_params(**following))


def numbered(url: URL, default_size: int) -> Numbered:
    """The page that the query requests. As published, an invalid size means the default, one too large the maximum.

    Raises Refused for an invalid page number.
    """
    parameters = QueryParams(url.query)
    number = _positive(parameters.get("page") or "1")
    if number is None or number > LAST_PAGE:
        message = f"page: {parameters['page']!r} is not a page number; use a number from 1 to {LAST_PAGE}."
        raise Refused(reason(Category.QUERY, message))
    size = min(_positive(parameters.get("pageSize", "")) or default_size, ROWS_PER_PAGE_MAX)
    cursor = parameters.get("cursor")
    skip = 0 if cursor else (number - 1) * size
    return Numbered(url, number, Window(size=size, after=cursor or None, skip=skip))


def _positive(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) > 0 else None
