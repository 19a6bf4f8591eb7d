"""Journal runs: look-ups, lists, and the requests to create, cancel and delete one.

Each raises Forbidden for a caller who lacks its permission.
"""

from collections.abc import AsyncIterator, Callable, Sequence
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
from storage.cancellations import OUTCOMES, EntryCancelOutcome
from storage.columns import now
from storage.idempotency_keys import IdempotencyKey, idempotency_key
from storage.journal_run_lists import RunFilter, count_journal_runs
from storage.journal_run_lists import journal_runs as list_runs
from storage.journal_runs import JournalRun, lock_run_numbered, run_numbered
from storage.numbering import lock_series
from storage.pages import BadCursor, Order, Page, Window
from storage.texts import TextRefused, normalised
from storage.words import Permission


async def journal_run(context: Context, number: str) -> JournalRun | None:
    """The run with that number."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return await context.gateway.read(run_numbered, number)


async def journal_runs(
    context: Context, filter: RunFilter, order: Order[JournalRun], window: Window
) -> Page[JournalRun]:
    """One page of runs. Raises RequestError for a cursor of another list."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return await context.gateway.read(list_runs, filter, order, window)


async def journal_run_count(context: Context, filter: RunFilter) -> int:
    """The number of runs in the whole list."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    return await context.gateway.read(count_journal_runs, filter)


async def create_journal_run(context: Context, draft: CreateRun) -> Answer[JournalRun]:
    """Create a Pending run and enqueue its processing, or return every rule that it violates.

    The same idempotency key with the same input returns the same run.
    """
    context.require(Permission.CREATE_JOURNAL_RUN)
    answer = await context.gateway.write(_create, context, draft)
    return _notify_followers(context, answer)


async def cancel_journal_run(context: Context, number: str) -> Answer[JournalRun]:
    """Start cancelling a run that is Pending, Error or Completed. Its entries are tried in the background."""
    context.require(Permission.CANCEL_JOURNAL_RUN)
    answer = await context.gateway.write(_request, context, number, request_cancel)
    return _notify_followers(context, answer)


async def delete_journal_run(context: Context, number: str) -> Answer[JournalRun]:
    """Start deleting a Cancelled run. The run and its entries are deleted in the background."""
    context.require(Permission.DELETE_CANCELLED_JOURNAL_RUN)
    answer = await context.gateway.write(_request, context, number, request_delete)
    return _notify_followers(context, answer)


async def entry_cancel_outcomes(context: Context, number: str, after: str | None) -> AsyncIterator[EntryCancelOutcome]:
    """The outcomes of the run's latest cancellation: all so far, then each new one, until it has finished.

    Raises NotFound for an unknown run, RequestError for a bad cursor, Unavailable if the server stops.
    """
    context.require(Permission.VIEW_JOURNAL_RUNS)
    run = await _existing(context, number)
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
    """The run now, then again after every change, until it is deleted. Raises NotFound and Unavailable."""
    context.require(Permission.VIEW_JOURNAL_RUNS)
    run = await _existing(context, number)
    try:
        async for update in context.gateway.feed.updates(run.id):
            yield update
    except FeedClosed as error:
        raise Unavailable(str(error)) from error


def _create(session: Session, context: Context, draft: CreateRun) -> Answer[JournalRun]:
    # Of two concurrent callers, the second waits here, and then sees the run of the first.
    lock_series(session, "JR")
    request = _canonical(draft)
    earlier = None if draft.idempotency_key is None else _earlier(session, draft.idempotency_key, request)
    if earlier is not None and not earlier.errors:
        return earlier
    checked = check(session, draft)
    violations = [*(checked if isinstance(checked, list) else []), *(earlier.errors if earlier is not None else [])]
    if violations or isinstance(checked, list):
        return Answer(errors=violations)
    run = insert_run(session, checked, context.actor)
    context.gateway.process.enqueue(session, run)
    if draft.idempotency_key is not None:
        session.add(
            IdempotencyKey(key=draft.idempotency_key, request=request, journal_run_number=run.number, created_at=now())
        )
    return Answer(run)


def _earlier(session: Session, key: str, request: dict[str, Any]) -> Answer[JournalRun] | None:
    used = idempotency_key(session, key) if is_idempotency_key(key) else None
    if used is None:
        return None
    run = run_numbered(session, used.journal_run_number)
    # Names stored by an earlier release may not be normalised.
    if {**used.request, **_names(used.request["accountingPeriodName"], used.request["organizationLabels"])} != request:
        message = f"Key {key!r} was used for {used.journal_run_number} with a different input; use a new key."
    elif run is None:
        message = f"Key {key!r} was used for {used.journal_run_number}, which has been deleted; use a new key."
    else:
        return Answer(run)
    return _refused(UserErrorCode.IDEMPOTENCY_KEY_REUSED, message, "idempotencyKey")


def _canonical(draft: CreateRun) -> dict[str, Any]:
    return {
        "targetStartDate": None if draft.target_start_date is None else str(draft.target_start_date),
        "targetEndDate": None if draft.target_end_date is None else str(draft.target_end_date),
        "journalEntryDate": None if draft.journal_entry_date is None else str(draft.journal_entry_date),
        "transactionTypes": sorted(str(word) for word in draft.transaction_types),
        **_names(draft.accounting_period_name, draft.organization_labels or []),
    }


def _names(accounting_period: str | None, organizations: Sequence[str]) -> dict[str, Any]:
    return {
        "accountingPeriodName": None if accounting_period is None else _same(accounting_period),
        "organizationLabels": sorted(map(_same, organizations)),
    }


def _same(name: str) -> str:
    """The normalised name for comparison; an invalid name is reported elsewhere."""
    try:
        return normalised(name)
    except TextRefused:
        return name


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


def _notify_followers(context: Context, answer: Answer[JournalRun]) -> Answer[JournalRun]:
    """Wake the run's followers after the commit."""
    if answer.value is not None:
        context.gateway.feed.changed(answer.value.id)
    return answer


def _refused(code: UserErrorCode, message: str, field: str) -> Answer[JournalRun]:
    return Answer(errors=[UserError(code, message, ["input", field])])
