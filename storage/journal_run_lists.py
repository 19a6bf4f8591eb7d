"""Lists of runs: filtered, ordered and paged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from storage.conditions import Comparison, Condition, expressions, given
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

    def conditions(self) -> list[Condition]:
        """Those that are given."""
        return [
            *given("status", Comparison.IN, self.statuses),
            *given("accounting_period_id", Comparison.IN_PERIOD, self.accounting_period_name),
            *given("target_end_date", Comparison.AT_LEAST, self.target_date_from),
            *given("target_start_date", Comparison.AT_MOST, self.target_date_to),
        ]


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
    return page_of(session, select(JournalRun).where(*expressions(JournalRun, filter.conditions())), order, window)


def count_journal_runs(session: Session, filter: RunFilter) -> int:
    """The number of runs in the whole list."""
    return session.exec(
        select(func.count()).select_from(JournalRun).where(*expressions(JournalRun, filter.conditions()))
    ).one()
