"""Lists with a filter, and what filters may ask for: more than the rows of a list need not be told by it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlmodel import Session

from resolvers.context import Context
from resolvers.reading import Listing
from storage.conditions import Condition
from storage.pages import Order, Page, Window
from storage.words import Permission

Row = TypeVar("Row")


class Filter(Protocol):
    """A filter of storage, which says as conditions what it asks for."""

    def conditions(self) -> Sequence[Condition]:
        """The conditions of the rows that meet it."""


Asked = TypeVar("Asked", bound=Filter)


def filtered(
    context: Context,
    filter: Asked,
    order: Order[Row],
    page: Callable[[Session, Asked, Order[Row], Window], Page[Row]],
    count: Callable[[Session, Asked], int],
) -> Listing[Row]:
    """The rows that meet the filter, in that order: `page` reads one page of them, and `count` counts them."""
    read = context.gateway.read
    return Listing(
        order,
        filter.conditions(),
        lambda window: read(page, filter, order, window),
        partial(read, count, filter),
    )


def require_for_runs(context: Context, filter: Any) -> None:
    """Raise Forbidden if the filter, or one in it, names runs, and the caller may not view runs."""
    if Permission.VIEW_JOURNAL_RUNS not in context.permissions and any(
        one.journal_run_numbers is not None for one in _within(filter)
    ):
        context.require(Permission.VIEW_JOURNAL_RUNS)


def _within(filter: Any) -> Iterator[Any]:
    """The filters that are in each other and name runs."""
    if filter is None:
        return
    if hasattr(filter, "journal_run_numbers"):
        yield filter
    for one in (*(filter.all_of or ()), *(filter.any_of or ()), filter.none_of, getattr(filter, "journal_entry", None)):
        yield from _within(one)
