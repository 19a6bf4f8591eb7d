"""Cancellations of runs."""

from resolvers.context import Context
from storage.cancellations import Cancellation, cancellation_with_id
from storage.words import Permission

_DIGITS_MAX = 18
"""Every number with so many digits fits into the 64 bits of an id."""


async def cancellation(context: Context, id: str) -> Cancellation | None:
    """The cancellation with that id; None for a text that is no id. Raises Forbidden."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    if not (id.isascii() and id.isdigit() and len(id) <= _DIGITS_MAX):
        return None
    return await context.gateway.read(cancellation_with_id, int(id))
