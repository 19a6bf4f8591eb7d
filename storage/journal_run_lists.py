"""Lists of runs: filtered, ordered and paged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from storage.accounting_periods import in_period
from storage.journal_runs import JournalRun
from storage.pages import Order, Page, Window, page_of
from storage.words import JournalRunStatus


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Conditions on runs; None means any."""

    statuses: Sequence[JournalRunStatus] | None = None
    accounting_period_name: str | None = None
    target_date_from: date | None = None
    target_date_to: date | None = None


def runs_by_number(descending: bool) -> Order[JournalRun]:
    """Runs in the order in which they were created."""
    return Order("runs", [col(JournalRun.id)], [int], lambda run: (run.id,), descending)


def runs_by_start(descending: bool) -> Order[JournalRun]:
    """Runs by target start date."""
    return Order(
        "runs by start",
        [col(JournalRun.target_start_date), col(JournalRun.id)],
        [date, int],
        lambda run: (run.target_start_date, run.id),
        descending,
    )


def journal_runs(session: Session, filter: RunFilter, order: Order[JournalRun], window: Window) -> Page[JournalRun]:
    """One page of runs."""
    return page_of(session, select(JournalRun).where(*_run_conditions(filter)), order, window)


def count_journal_runs(session: Session, filter: RunFilter) -> int:
    """The number of runs in the whole list."""
    return session.exec(select(func.count()).select_from(JournalRun).where(*_run_conditions(filter))).one()


def _run_conditions(filter: RunFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter.statuses is not None:
        conditions.append(col(JournalRun.status).in_(filter.statuses))
    if filter.accounting_period_name is not None:
        conditions.append(in_period(col(JournalRun.accounting_period_id), filter.accounting_period_name))
    if filter.target_date_from is not None:
        conditions.append(col(JournalRun.target_end_date) >= filter.target_date_from)
    if filter.target_date_to is not None:
        conditions.append(col(JournalRun.target_start_date) <= filter.target_date_to)
    return conditions
