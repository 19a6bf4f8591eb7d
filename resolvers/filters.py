"""What filters may ask for: more than the rows of a list need not be told by it."""

from collections.abc import Iterator
from typing import Any

from resolvers.context import Context
from storage.words import Permission


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
