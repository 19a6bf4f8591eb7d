"""Batched look-ups: each level of a query reads each table with one statement.

Rows are not cached between batches, because every event of a subscription must show the current row.
Permissions are checked before: where the schema states them, and in the resolvers that both interfaces call.
"""

from collections.abc import Callable, Hashable
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from resolvers.context import Gateway
from runs.net_zero import NetZero, net_zero_of_runs
from storage.accounting_codes import AccountingCode, codes_by_id
from storage.accounting_periods import AccountingPeriod, periods_by_id, periods_of_days
from storage.cancellations import (
    Cancellation,
    EntryCancelOutcome,
    count_outcomes_of_cancellations,
    latest_cancellations,
    outcomes_of_cancellations,
)
from storage.journal_entries import JournalEntry, entries_by_id
from storage.journal_entry_items import JournalEntryItem, items_by_entry
from storage.journal_entry_lists import EntryFilter, count_entries_by_status, count_entries_of_runs, entries_of_runs
from storage.journal_runs import JournalRun, runs_by_id
from storage.pages import Order, Page, Window
from storage.transaction_lists import count_transactions_of_entries, count_transactions_of_runs
from storage.words import JournalEntryStatus

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

_LISTS_CACHED_MAX = 100


class Loaders:
    """The look-ups of one request."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._lists: dict[Hashable, DataLoader[int, Any]] = {}

    @cached_property
    def accounting_code(self) -> DataLoader[int, AccountingCode | None]:
        """Accounting codes by id."""
        return self._by_id(codes_by_id)

    @cached_property
    def accounting_period(self) -> DataLoader[int, AccountingPeriod | None]:
        """Accounting periods by id."""
        return self._by_id(periods_by_id)

    @cached_property
    def period_of_day(self) -> DataLoader[date, AccountingPeriod | None]:
        """Accounting periods by a day in them."""
        return self._by_id(periods_of_days)

    @cached_property
    def journal_run(self) -> DataLoader[int, JournalRun | None]:
        """Runs by id."""
        return self._by_id(runs_by_id)

    @cached_property
    def journal_entry(self) -> DataLoader[int, JournalEntry | None]:
        """Entries by id."""
        return self._by_id(entries_by_id)

    @cached_property
    def items(self) -> DataLoader[int, list[JournalEntryItem] | None]:
        """Items by their entry."""
        return self._by_id(items_by_entry)

    @cached_property
    def cancellation(self) -> DataLoader[int, Cancellation | None]:
        """The latest cancellation by its run."""
        return self._by_id(latest_cancellations)

    @cached_property
    def held_transaction_count(self) -> DataLoader[int, int | None]:
        """The number of transactions now in an entry, by entry."""
        return self._by_id(count_transactions_of_entries)

    @cached_property
    def net_zero(self) -> DataLoader[int, NetZero | None]:
        """The transactions that net to zero, by run."""
        return self._by_id(net_zero_of_runs)

    @cached_property
    def outcome_count(self) -> DataLoader[int, int | None]:
        """The number of outcomes, by cancellation."""
        return self._by_id(count_outcomes_of_cancellations)

    @cached_property
    def entry_counts(self) -> DataLoader[int, dict[JournalEntryStatus, int] | None]:
        """The number of entries in each status, by run."""
        return self._by_id(count_entries_by_status)

    @cached_property
    def taken_transaction_count(self) -> DataLoader[int, int | None]:
        """The number of transactions that a run holds now, by run."""
        return self._by_id(count_transactions_of_runs)

    def entries(
        self, filter: EntryFilter, order: Order[JournalEntry], window: Window
    ) -> DataLoader[int, Page[JournalEntry]]:
        """Pages of entries by run; one look-up for all runs with the same filter, order and window."""
        name = ("entries", repr(filter), order.name, tuple(key.descending for key in order.keys), window)
        return self._list(name, entries_of_runs, filter, order, window)

    def entry_count(self, filter: EntryFilter) -> DataLoader[int, int | None]:
        """The number of entries that match the filter, by run."""
        return self._list(("entry_count", repr(filter)), count_entries_of_runs, filter)

    def outcomes(self, window: Window) -> DataLoader[int, Page[EntryCancelOutcome]]:
        """Pages of outcomes by cancellation."""
        return self._list(("outcomes", window), outcomes_of_cancellations, window)

    def _list(self, name: Hashable, look_up: Callable[..., dict[int, Any]], *args: Any) -> DataLoader[int, Any]:
        if name not in self._lists:
            # A connection can stay open for days, so the number of cached loaders is limited.
            if len(self._lists) >= _LISTS_CACHED_MAX:
                self._lists.clear()
            self._lists[name] = self._by_id(look_up, *args)
        return self._lists[name]

    def _by_id(self, look_up: Callable[..., dict[Key, Found]], *args: Any) -> DataLoader[Key, Found | None]:
        async def load(ids: list[Key]) -> list[Found | None]:
            found = await self._gateway.read(look_up, set(ids), *args)
            return [found.get(key) for key in ids]

        return DataLoader(load_fn=load, cache=False)
