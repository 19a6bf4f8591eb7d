"""What filters mean, said in plain Python over all rows of a ledger: a second opinion beside the SQL."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from sqlmodel import Session, SQLModel, select

from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.currencies import Currency
from storage.journal_entries import JournalEntry
from storage.journal_entry_item_lists import ItemFilter
from storage.journal_entry_items import JournalEntryItem
from storage.journal_entry_lists import EntryFilter, SegmentFilter
from storage.journal_run_lists import RunFilter
from storage.journal_runs import JournalRun
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.transaction_lists import TransactionFilter
from storage.transactions import PostedTransaction, Transaction
from storage.words import NotJournaledReason

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)

Meets = Callable[[Any, Any], bool]


@dataclass
class Rows:
    """Every row of a ledger, as far as callers limited to these organisations may see it; None means all."""

    organizations: frozenset[str] | None
    runs: dict[int, JournalRun]
    entries: dict[int, JournalEntry]
    items: list[JournalEntryItem]
    transactions: list[PostedTransaction]
    codes: dict[int, AccountingCode]
    periods: dict[int, AccountingPeriod]
    digits: dict[str, int]

    @cached_property
    def codes_of_entries(self) -> Mapping[int, list[AccountingCode]]:
        """The accounting codes that the items of each entry are posted to."""
        found = defaultdict(list)
        for item in self.items:
            found[item.journal_entry_id].append(self.codes[item.accounting_code_id])
        return found

    def run_meets(self, row: JournalRun, filter: RunFilter) -> bool:
        """Whether the run meets the filter."""
        labels = row.organization_labels
        wanted = filter.organization_labels
        return (
            _one_of(row.status, filter.statuses)
            and _named(self.periods[row.accounting_period_id].name, filter.accounting_period_name)
            and _within(row.target_end_date, filter.target_date_from, None)
            and _within(row.target_start_date, None, filter.target_date_to)
            and _one_of(row.number, filter.numbers)
            and _some_of(row.transaction_types, filter.transaction_types)
            and (_some_of(labels, wanted) or bool(wanted and not labels))
            and _within(row.journal_entry_date, filter.journal_entry_date_from, filter.journal_entry_date_to)
            and _within(row.created_at, filter.created_at_from, filter.created_at_to)
            and _within(row.executed_at, filter.executed_at_from, filter.executed_at_to)
            and filter.aggregate_currency in (None, row.aggregate_currency)
            and _contains([row.number, row.error_message, row.segmentation_rule_name], filter.text)
            and _combined(self.run_meets, row, filter)
        )

    def entry_meets(self, row: JournalEntry, filter: EntryFilter) -> bool:
        """Whether the entry meets the filter."""
        run = self.runs.get(row.journal_run_id) if row.journal_run_id is not None else None
        codes = self.codes_of_entries[row.id]
        total = self._amount(row.total_debit_minor, row.currency)
        return (
            _one_of(row.status, filter.statuses)
            and _one_of(row.transferred_to_accounting, filter.transferred_to_accounting)
            and _one_of(row.transaction_type, filter.transaction_types)
            and _one_of(row.currency, filter.currencies)
            and _named(self.periods[row.accounting_period_id].name, filter.accounting_period_name)
            and _within(row.journal_entry_date, filter.journal_entry_date_from, filter.journal_entry_date_to)
            and _one_of(row.number, filter.numbers)
            and _one_of(run and run.number, filter.journal_run_numbers)
            and _one_of(row.organization_label, filter.organization_labels)
            and _segments({part["name"]: part["value"] for part in row.segment_values}, filter.segments)
            and _some_of([code.name for code in codes], filter.accounting_code_names)
            and _some_of([code.gl_account_number for code in codes], filter.gl_account_numbers)
            and _within(total, filter.total_from, filter.total_to)
            and _within(row.time_period_start, filter.time_period_start_from, filter.time_period_start_to)
            and _within(row.time_period_end, filter.time_period_end_from, filter.time_period_end_to)
            and _within(row.created_at, filter.created_at_from, filter.created_at_to)
            and _within(row.updated_at, filter.updated_at_from, filter.updated_at_to)
            and _within(row.transferred_at, filter.transferred_at_from, filter.transferred_at_to)
            and filter.aggregate_currency in (None, row.aggregate_currency)
            and _contains([row.number, row.notes, row.organization_label], filter.text)
            and _combined(self.entry_meets, row, filter)
        )

    def item_meets(self, row: JournalEntryItem, filter: ItemFilter) -> bool:
        """Whether the item meets the filter."""
        code = self.codes[row.accounting_code_id]
        entry = filter.journal_entry
        return (
            _one_of(row.type, filter.types)
            and _one_of(code.name, filter.accounting_code_names)
            and _one_of(code.gl_account_number, filter.gl_account_numbers)
            and _one_of(row.currency, filter.currencies)
            and _within(self._amount(row.amount_minor, row.currency), filter.amount_from, filter.amount_to)
            and _within(
                self._amount(row.home_amount_minor, row.home_currency), filter.home_amount_from, filter.home_amount_to
            )
            and (entry is None or self.entry_meets(self.entries[row.journal_entry_id], entry))
            and _combined(self.item_meets, row, filter)
        )

    def transaction_meets(self, row: PostedTransaction, filter: TransactionFilter) -> bool:
        """Whether the transaction meets the filter."""
        posted, bucket, key = row.transaction, row.bucket, row.key
        debit, credit = self.codes[key.debit_code_id], self.codes[key.credit_code_id]
        entry, run = self.entries.get(bucket.journal_entry_id or 0), self.runs.get(bucket.journal_run_id or 0)
        return (
            filter.is_journaled in (None, bucket.journal_entry_id is not None)
            and _one_of(self._reason(bucket), filter.not_journaled_reasons)
            and _one_of(posted.transaction_id, filter.transaction_ids)
            and _one_of(key.transaction_type, filter.transaction_types)
            and _within(bucket.posting_date, filter.transaction_date_from, filter.transaction_date_to)
            and _one_of(key.currency, filter.currencies)
            and _one_of(debit.name, filter.debit_account_names)
            and _one_of(credit.name, filter.credit_account_names)
            and _some_of([debit.name, credit.name], filter.account_names)
            and _some_of([debit.gl_account_number, credit.gl_account_number], filter.gl_account_numbers)
            and _one_of(key.organization, filter.organization_labels)
            and _segments(key.segments, filter.segments)
            and _within(self._amount(posted.amount_minor, key.currency), filter.amount_from, filter.amount_to)
            and _within(
                self._amount(posted.home_amount_minor, key.home_currency),
                filter.home_amount_from,
                filter.home_amount_to,
            )
            and _one_of(posted.account_number, filter.account_numbers)
            and _one_of(posted.document_number, filter.document_numbers)
            and _one_of(entry and entry.number, filter.journal_entry_numbers)
            and _one_of(run and run.number, filter.journal_run_numbers)
            and _contains([posted.transaction_id, posted.account_number, posted.document_number], filter.text)
            and _combined(self.transaction_meets, row, filter)
        )

    def amount_of(self, row: Any) -> Fraction:
        """The amount by which an entry, an item or a transaction is sorted."""
        if isinstance(row, JournalEntry):
            found = self._amount(row.total_debit_minor, row.currency)
        elif isinstance(row, JournalEntryItem):
            found = self._amount(row.amount_minor, row.currency)
        else:
            found = self._amount(row.transaction.amount_minor, row.key.currency)
        assert found is not None
        return found

    def _amount(self, minor: int | None, currency: str | None) -> Fraction | None:
        return None if minor is None or currency is None else Fraction(minor, 10 ** self.digits[currency])

    def _reason(self, bucket: PostingBucket) -> NotJournaledReason | None:
        if bucket.journal_entry_id is not None:
            return None
        if bucket.journal_run_id is not None:
            return NotJournaledReason.NETS_TO_ZERO
        for period in self.periods.values():
            if period.start_date <= bucket.posting_date <= (period.end_date or date.max):
                ended = period.end_date is not None
                return NotJournaledReason.AWAITING_RUN if ended else NotJournaledReason.OPEN_ENDED_PERIOD
        return NotJournaledReason.NO_ACCOUNTING_PERIOD


def rows_of(session: Session, organizations: frozenset[str] | None) -> Rows:
    """Every row of the ledger that such a caller may see."""

    def own(label: str | None) -> bool:
        return organizations is None or label in organizations

    def collects_own(run: JournalRun) -> bool:
        labels = run.organization_labels
        return organizations is None or bool(labels and organizations.issuperset(labels))

    def all_of(of: type[SQLModel]) -> list[Any]:
        return list(session.exec(select(of)))

    entries = {one.id: one for one in all_of(JournalEntry) if own(one.organization_label)}
    buckets = {one.id: one for one in all_of(PostingBucket)}
    keys = {one.id: one for one in all_of(PostingKey)}
    posted = [
        PostedTransaction(one, (bucket := buckets[one.posting_bucket_id]), keys[bucket.posting_key_id])
        for one in all_of(Transaction)
    ]
    return Rows(
        organizations,
        {one.id: one for one in all_of(JournalRun) if collects_own(one)},
        entries,
        [one for one in all_of(JournalEntryItem) if one.journal_entry_id in entries],
        [one for one in posted if own(one.key.organization)],
        {one.id: one for one in all_of(AccountingCode)},
        {one.id: one for one in all_of(AccountingPeriod)},
        {one.code: one.digits for one in all_of(Currency)},
    )


def _combined(meets: Meets, row: Any, filter: Any) -> bool:
    every, some, none = filter.all_of, filter.any_of, filter.none_of
    return (
        all(meets(row, one) for one in every or ())
        and (some is None or any(meets(row, one) for one in some))
        and (none is None or not meets(row, none))
    )


def _one_of(value: object, wanted: Sequence[object] | None) -> bool:
    return wanted is None or (value is not None and value in wanted)


def _some_of(values: Iterable[object], wanted: Sequence[object] | None) -> bool:
    return wanted is None or any(_one_of(value, wanted) for value in values)


def _named(name: str, wanted: str | None) -> bool:
    return wanted is None or name == wanted


def _within(value: Any, first: Any, last: Any) -> bool:
    if first is None and last is None:
        return True
    return value is not None and (first is None or value >= first) and (last is None or value <= last)


def _contains(values: Iterable[str | None], text: str | None) -> bool:
    return text is None or any(
        value is not None and text.translate(_SMALL) in value.translate(_SMALL) for value in values
    )


def _segments(values: Mapping[str, str | None], wanted: Sequence[SegmentFilter] | None) -> bool:
    return all(
        values.get(one.name) is not None if one.values is None else _one_of(values.get(one.name), one.values)
        for one in wanted or ()
    )
