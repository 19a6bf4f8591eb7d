"""Cancellations of runs."""

from functools import partial

from resolvers.context import Context
from resolvers.reading import LookUp
from storage.cancellations import Cancellation, cancellation_with_id
from storage.conditions import Comparing, Comparison
from storage.pages import parse_id
from storage.words import Permission

NO_ID = 0
"""No row has it."""


def cancellation(context: Context, id: str) -> LookUp[Cancellation]:
    """The cancellation with that id; none for a text that is no id. Raises Forbidden."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    try:
        row_id = parse_id(id)
    except ValueError:
        row_id = NO_ID
    condition = Comparing("id", Comparison.EQUALS, row_id)
    return LookUp(Cancellation, condition, partial(context.gateway.read, cancellation_with_id, row_id))
