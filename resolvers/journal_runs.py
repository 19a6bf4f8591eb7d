"""Journal runs: look-ups, lists, and the requests to create, cancel and delete one.

Each raises Forbidden for a caller who lacks its permission.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any

from sqlmodel import Session

from resolvers.context import Context
from resolvers.create_rules import CreateRun, check, is_idempotency_key
from resolvers.errors import Answer, NotFound, RequestError, Unavailable, UserError, UserErrorCode
from runs.cancel import request_cancel
from runs.create import insert_run
from runs.delete import request_delete
from runs.feed import FeedClosed
from runs.states import NotAllowed
from storage.cancellations import EntryCancelOutcome
from storage.columns import now
from storage.journal_runs import (
    IdempotencyKey,
    JournalRun,
    idempotency_key,
    lock_run_numbered,
    run_numbered,
)
from storage.lists import OUTCOMES, RunFilter, count_journal_runs
from storage.lists import journal_runs as list_runs
from storage.numbering import lock_series
from storage.pages import BadCursor, Order, Page, Window
from storage.words import Permission


async def journal_run(context: Context, number: str) -> JournalRun | None:
    """The run of that number."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return await context.gateway.read(run_numbered, number)


async def journal_runs(
    context: Context, wanted: RunFilter, order: Order[JournalRun], window: Window
) -> Page[JournalRun]:
    """One page of runs. Raises RequestError for a cursor of another list."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return await context.gateway.read(list_runs, wanted, order, window)


async def journal_run_count(context: Context, wanted: RunFilter) -> int:
    """How many runs the whole list has."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return await context.gateway.read(count_journal_runs, wanted)


async def create_journal_run(context: Context, asked: CreateRun) -> Answer[JournalRun]:
    """Accept a new run as Pending and have it processed, or tell every rule that it breaks.

    The same idempotency key with the same input gives the same run again.
    """
    context.require(Permission.CREATE_JOURNAL_RUN)
    answer = await context.gateway.write(_create, context, asked)
    return _told(context, answer)


async def cancel_journal_run(context: Context, number: str) -> Answer[JournalRun]:
    """Accept that the run be cancelled: from Pending, Error and Completed. The entries are tried afterwards."""
    context.require(Permission.CANCEL_JOURNAL_RUN)
    answer = await context.gateway.write(_request, context, number, request_cancel)
    return _told(context, answer)


async def delete_journal_run(context: Context, number: str) -> Answer[JournalRun]:
    """Accept that a Cancelled run be deleted. It is gone, with its entries, soon afterwards."""
    context.require(Permission.DELETE_CANCELLED_JOURNAL_RUN)
    answer = await context.gateway.write(_request, context, number, request_delete)
    return _told(context, answer)


async def entry_cancel_outcomes(context: Context, number: str, after: str | None) -> AsyncIterator[EntryCancelOutcome]:
    """The outcomes of the run's latest cancellation: those that happened, then each as it happens, then the end.

    Raises NotFound for an unknown run, RequestError for a bad cursor, Unavailable when the server stops.
    """
    context.require(Permission.VIEW_JOURNAL_RUNS)
    run = await _existing(context, number)
    assert run.id is not None
    try:
        position = None if after is None else OUTCOMES.position(after)
    except BadCursor as error:
        raise RequestError(str(error)) from error
    try:
        async for outcome in context.gateway.feed.outcomes(
            run.id, None if position is None else (position[0], position[1])
        ):
            yield outcome
    except FeedClosed as error:
        raise Unavailable(str(error)) from error


async def journal_run_updates(context: Context, number: str) -> AsyncIterator[JournalRun]:
    """The run at once, and again at every change, until it is deleted. Raises NotFound and Unavailable."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    run = await _existing(context, number)
    assert run.id is not None
    try:
        async for update in context.gateway.feed.updates(run.id):
            yield update
    except FeedClosed as error:
        raise Unavailable(str(error)) from error


def _create(session: Session, context: Context, asked: CreateRun) -> Answer[JournalRun]:
    # Two callers who create at the same moment: the second waits here, and then sees the first one's run.
    lock_series(session, "JR")
    request = _canonical(asked)
    earlier = None if asked.idempotency_key is None else _earlier(session, asked.idempotency_key, request)
    if earlier is not None and not earlier.errors:
        return earlier
    checked = check(session, asked)
    broken = [*(checked if isinstance(checked, list) else []), *(earlier.errors if earlier is not None else [])]
    if broken or isinstance(checked, list):
        return Answer(errors=broken)
    run = insert_run(session, checked, context.actor)
    context.gateway.process.enqueue(session, run)
    if asked.idempotency_key is not None:
        session.add(
            IdempotencyKey(key=asked.idempotency_key, request=request, journal_run_number=run.number, created_at=now())
        )
    return Answer(run)


def _earlier(session: Session, key: str, request: dict[str, Any]) -> Answer[JournalRun] | None:
    used = idempotency_key(session, key) if is_idempotency_key(key) else None
    if used is None:
        return None
    run = run_numbered(session, used.journal_run_number)
    if used.request != request:
        message = f"Key {key!r} was used for {used.journal_run_number} with another input; use a new key."
    elif run is None:
        message = f"Key {key!r} was used for {used.journal_run_number}, which has been deleted; use a new key."
    else:
        return Answer(run)
    return _refused(UserErrorCode.IDEMPOTENCY_KEY_REUSED, message, "idempotencyKey")


def _canonical(asked: CreateRun) -> dict[str, Any]:
    return {
        "accountingPeriodName": asked.accounting_period_name,
        "targetStartDate": None if asked.target_start_date is None else str(asked.target_start_date),
        "targetEndDate": None if asked.target_end_date is None else str(asked.target_end_date),
        "journalEntryDate": None if asked.journal_entry_date is None else str(asked.journal_entry_date),
        "organizationLabels": sorted(asked.organization_labels or []),
        "transactionTypes": sorted(str(word) for word in asked.transaction_types),
    }


def _request(
    session: Session, context: Context, number: str, accept: Callable[[Session, JournalRun, str], None]
) -> Answer[JournalRun]:
    run = lock_run_numbered(session, number)
    if run is None:
        return _refused(UserErrorCode.UNKNOWN, f"There is no journal run {number!r}.", "number")
    try:
        accept(session, run, context.actor)
    except NotAllowed as error:
        return _refused(UserErrorCode.STATUS_NOT_ALLOWED, str(error), "number")
    context.gateway.process.enqueue(session, run)
    return Answer(run)


async def _existing(context: Context, number: str) -> JournalRun:
    run = await journal_run(context, number)
    if run is None:
        raise NotFound(f"There is no journal run {number!r}.")
    return run


def _told(context: Context, answer: Answer[JournalRun]) -> Answer[JournalRun]:
    """Wake the run's followers, now that the change is committed."""
    if answer.value is not None and answer.value.id is not None:
        context.gateway.feed.changed(answer.value.id)
    return answer


def _refused(code: UserErrorCode, message: str, field: str) -> Answer[JournalRun]:
    return Answer(errors=[UserError(code, message, ["input", field])])
