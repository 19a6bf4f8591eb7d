"""Lists of runs: filtered, ordered and paged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from storage.accounting_periods import AccountingPeriod
from storage.conditions import (
    AnyOf,
    Comparing,
    Comparison,
    Condition,
    Referring,
    between,
    combined,
    containing,
    given,
    named,
)
from storage.filtering import expressions
from storage.journal_runs import JournalRun
from storage.pages import Key, Order, Page, Window, ordered, page_of
from storage.words import JournalRunStatus, TransactionType


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Conditions on runs; None means any."""

    statuses: Sequence[JournalRunStatus] | None = None
    accounting_period_name: str | None = None
    target_date_from: date | None = None
    target_date_to: date | None = None
    numbers: Sequence[str] | None = None
    transaction_types: Sequence[TransactionType] | None = None
    organization_labels: Sequence[str] | None = None
    journal_entry_date_from: date | None = None
    journal_entry_date_to: date | None = None
    created_at_from: datetime | None = None
    created_at_to: datetime | None = None
    executed_at_from: datetime | None = None
    executed_at_to: datetime | None = None
    aggregate_currency: bool | None = None
    text: str | None = None
    all_of: "Sequence[RunFilter] | None" = None
    any_of: "Sequence[RunFilter] | None" = None
    none_of: "RunFilter | None" = None

    def conditions(self) -> list[Condition]:
        """Those that are given."""
        return [
            *given("status", Comparison.IN, self.statuses),
            *in_period(self.accounting_period_name),
            *given("target_end_date", Comparison.AT_LEAST, self.target_date_from),
            *given("target_start_date", Comparison.AT_MOST, self.target_date_to),
            *given("number", Comparison.IN, self.numbers),
            *given("transaction_types", Comparison.HAS_ANY, self.transaction_types),
            *self._collecting(),
            *between("journal_entry_date", self.journal_entry_date_from, self.journal_entry_date_to),
            *between("created_at", self.created_at_from, self.created_at_to),
            *between("executed_on", self.executed_at_from, self.executed_at_to),
            *given("aggregate_currency", Comparison.EQUALS, self.aggregate_currency),
            *containing(self.text, ["number", "error_message", "segmentation_rule_name"]),
            *combined(
                None if self.all_of is None else [one.conditions() for one in self.all_of],
                None if self.any_of is None else [one.conditions() for one in self.any_of],
                None if self.none_of is None else self.none_of.conditions(),
            ),
        ]

    def _collecting(self) -> list[Condition]:
        """A run without organisations collects all of them."""
        labels = self.organization_labels
        if labels is None:
            return []
        some = Comparing("organization_labels", Comparison.HAS_ANY, labels)
        every = Comparing("organization_labels", Comparison.IS_EMPTY)
        return [AnyOf([some, every]) if labels else some]


def in_period(name: str | None) -> list[Condition]:
    """The condition on a run or an entry that its accounting period has that name, unless that is None."""
    return [] if name is None else [Referring("accounting_period_id", AccountingPeriod, "id", [named(name)])]


RUN_KEYS: Mapping[str, Sequence[Key[JournalRun]]] = {
    "number": [Key("id", col(JournalRun.id), int, lambda run: run.id)],
    "start": [Key("target_start_date", col(JournalRun.target_start_date), date, lambda run: run.target_start_date)],
    "entry date": [
        Key("journal_entry_date", col(JournalRun.journal_entry_date), date, lambda run: run.journal_entry_date)
    ],
    "status": [Key("status", col(JournalRun.status), str, lambda run: run.status.value)],
    "created": [Key("created_at", col(JournalRun.created_at), datetime, lambda run: run.created_at)],
}
"""The sort keys of runs by name."""


def run_order(keys: Sequence[tuple[str, bool]]) -> Order[JournalRun]:
    """The order by these keys, each with whether it is descending."""
    return ordered("runs", RUN_KEYS, keys, "number")


def journal_runs(session: Session, filter: RunFilter, order: Order[JournalRun], window: Window) -> Page[JournalRun]:
    """One page of runs."""
    conditions = expressions(session, JournalRun, filter.conditions())
    return page_of(session, select(JournalRun).where(*conditions), order, window)


def count_journal_runs(session: Session, filter: RunFilter) -> int:
    """The number of runs in the whole list."""
    conditions = expressions(session, JournalRun, filter.conditions())
    return session.exec(select(func.count()).select_from(JournalRun).where(*conditions)).one()
