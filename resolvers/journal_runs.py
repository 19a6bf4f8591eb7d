"""Journal runs: look-ups, lists, commands, and what happens to a run while it happens.

Each raises Forbidden for a caller who lacks its permission.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

from resolvers.context import Context
from resolvers.errors import NotFound, RequestError, Unavailable
from resolvers.filters import filtered
from resolvers.reading import Listing, LookUp
from runs import commands
from runs.create_rules import RunDraft
from runs.feed import FeedClosed
from runs.shared import Batch
from storage.cancellations import OUTCOMES, EntryCancelOutcome
from storage.conditions import numbered
from storage.database import DatabaseError
from storage.journal_run_lists import RunFilter, count_journal_runs
from storage.journal_run_lists import journal_runs as list_runs
from storage.journal_runs import JournalRun, run_numbered
from storage.organizations import is_within
from storage.pages import BadCursor, Order
from storage.words import Permission

Change = TypeVar("Change")

logger = logging.getLogger(__name__)


def journal_run(context: Context, number: str) -> LookUp[JournalRun]:
    """The run with that number."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return LookUp(JournalRun, numbered(number), partial(context.gateway.read, run_numbered, number))


def journal_runs(context: Context, filter: RunFilter, order: Order[JournalRun]) -> Listing[JournalRun]:
    """The runs that meet the filter, in that order."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return filtered(context, filter, order, list_runs, count_journal_runs)


async def create_journal_run(context: Context, draft: RunDraft) -> JournalRun:
    """Create a Pending run, which is then processed. Raises Invalid with every violation.

    The same idempotency key with the same input returns the same run.
    """
    context.require(Permission.CREATE_JOURNAL_RUN)
    return await context.change(commands.create_run, context.gateway.workflows, draft, context.actor)


async def cancel_journal_run(context: Context, number: str) -> JournalRun:
    """Start cancelling a run that is Pending, Error or Completed. Its entries are tried afterwards. Raises Invalid."""
    context.require(Permission.CANCEL_JOURNAL_RUN)
    return await context.change(commands.cancel_run, context.gateway.workflows, number, context.actor)


async def delete_journal_run(context: Context, number: str) -> JournalRun:
    """Start deleting a Cancelled run. The run and its entries are deleted afterwards. Raises Invalid."""
    context.require(Permission.DELETE_CANCELLED_JOURNAL_RUN)
    return await context.change(commands.delete_run, context.gateway.workflows, number, context.actor)


async def entry_cancel_outcomes(
    context: Context, number: str, after: str | None
) -> AsyncIterator[Batch[EntryCancelOutcome]]:
    """The outcomes of the run's latest cancellation: all so far, then each new one, until it has finished.

    Raises NotFound for an unknown run, RequestError for a bad cursor, and Unavailable if the server stops or its
    database fails; the caller can resume after the last cursor.
    """
    run = await _existing(context, number)
    try:
        position = None if after is None else OUTCOMES.position(after)
    except BadCursor as error:
        raise RequestError(str(error), error.argument) from error
    outcomes = context.gateway.feed.outcomes(run.id, None if position is None else (position[0], position[1]))
    async for batch in _following(outcomes, "Reconnect, and pass the last cursor as `after` to resume."):
        yield batch


async def journal_run_updates(context: Context, number: str | None) -> AsyncIterator[Batch[JournalRun]]:
    """The run now, then again after every change, until it is deleted.

    Without a number: each run after each change from now on, also of new runs, and nothing of what was before. It does
    not end, and sends nothing once a run has been deleted. A change between a caller's list of runs and the start of
    the subscription is not sent; so callers subscribe first, then list the runs, and list them again after they have
    reconnected. Raises NotFound for an unknown run, Unavailable if the server stops or its database fails.
    """
    context.require(Permission.VIEW_JOURNAL_RUNS)
    if number is None:
        updates, resume = context.gateway.feed.updates_of_all(), "Reconnect, then list the runs again."
    else:
        run = await _existing(context, number)
        updates, resume = context.gateway.feed.updates(run.id), "Reconnect; the run as it is then comes first."
    async for batch in _following(updates, resume):
        if number is not None or all(
            is_within(run.organization_labels, context.organizations) for run in await batch.rows()
        ):
            yield batch


async def _following(changes: AsyncIterator[Batch[Change]], resume: str) -> AsyncIterator[Batch[Change]]:
    """The changes. Raises Unavailable, with what to do, if they end because the server stops or its database fails.

    So does reading the rows of a batch.
    """
    try:
        async for batch in changes:
            yield replace(batch, rows=partial(_rows, batch, resume))
    except FeedClosed as error:
        raise Unavailable(f"The server is stopping. {resume}") from error
    except DatabaseError as error:
        raise _lost(error, resume) from error


async def _rows(batch: Batch[Change], resume: str) -> list[Change]:
    try:
        return await batch.rows()
    except DatabaseError as error:
        raise _lost(error, resume) from error


def _lost(error: DatabaseError, resume: str) -> Unavailable:
    logger.error("%s", error)
    return Unavailable(f"The ledger's database is unavailable. {resume}")


async def _existing(context: Context, number: str) -> JournalRun:
    run = await journal_run(context, number).row()
    if run is None:
        raise NotFound(f"There is no journal run {number!r}.")
    return run
