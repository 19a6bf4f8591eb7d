"""Validation of the Relay paging arguments."""

from resolvers.errors import RequestError
from storage.pages import Window

ROWS_PER_PAGE_DEFAULT = 100

ROWS_PER_PAGE_MAX = 1_000


def window(
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Window:
    """The window that the arguments select. Raises RequestError if they contradict each other or are out of range."""
    if first is not None and last is not None:
        raise RequestError("Give either `first` or `last`, not both.", "last")
    for name, count in (("first", first), ("last", last)):
        if count is not None and not 0 <= count <= ROWS_PER_PAGE_MAX:
            raise RequestError(f"`{name}` is {count}; it must be from 0 to {ROWS_PER_PAGE_MAX}.", name)
    size = last if last is not None else ROWS_PER_PAGE_DEFAULT if first is None else first
    return Window(size=size, after=after, before=before, from_end=last is not None)
