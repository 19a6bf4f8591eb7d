"""The outcomes of cancellations, as lists under their runs."""

from resolvers.loaders import Loaders
from resolvers.paging import bad_cursor
from storage.cancellations import EntryCancelOutcome
from storage.pages import BadCursor, Page, Window


async def cancellation_outcomes(loaders: Loaders, cancellation_id: int, window: Window) -> Page[EntryCancelOutcome]:
    """One page of the cancellation's outcomes. Raises RequestError for a cursor of another list."""
    try:
        return await loaders.outcomes(window).load(cancellation_id)
    except BadCursor as error:
        raise bad_cursor(error) from error
