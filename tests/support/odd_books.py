"""The odd ledger's runs and what hangs on them: entries are summarised as the product does it, so that they balance."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Literal

from sqlmodel import SQLModel

from runs.summarise import Item, Summary, summarise, total
from storage.bucket_transactions import BucketTransaction
from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.claims import KeySum
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_runs import JournalRun
from storage.money import Amounts, Minor
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey, key_of
from storage.postings import Posting
from storage.transactions import Transaction
from storage.words import CancelOutcome, ItemType, JournalEntryStatus, JournalRunStatus, TransferStatus
from tests.support.odd_rows import (
    PERIODS,
    RATES,
    RULE,
    TYPES,
    code_id,
    free_text,
    moment,
    period_id,
    posting_key,
)

Cancelled = Literal["none", "some", "all"]

_NO_DAY = date(2011, 12, 31)
_FIRST_TRANSACTION = 2**53
"""Ids of transactions are beyond what a float can hold."""


class OddBooks:
    """Collects the rows of every table that transactions and runs need."""

    def __init__(self) -> None:
        self._keys: dict[int, PostingKey] = {}
        self._postings: list[Posting] = []
        self._buckets: list[PostingBucket] = []
        self._transactions: list[Transaction] = []
        self._runs: list[JournalRun] = []
        self._entries: list[JournalEntry] = []
        self._items: list[JournalEntryItem] = []
        self._cancellations: list[Cancellation] = []
        self._outcomes: list[EntryCancelOutcome] = []

    def tables(self) -> Iterable[Sequence[SQLModel]]:
        """The rows of each table, in the order of their references."""
        yield list(self._keys.values())
        yield from (self._postings, self._runs, self._entries, self._buckets, self._transactions)
        yield [
            BucketTransaction(posting_bucket_id=one.posting_bucket_id, transaction_row_id=one.id)
            for one in self._transactions
        ]
        yield from (self._items, self._cancellations, self._outcomes)

    def run(
        self,
        status: JournalRunStatus,
        period: int,
        lines: Sequence[tuple[int, int]],
        *,
        cancelled: Cancelled = "none",
        ruled: bool = False,
        aggregate_into: str | None = None,
        **values: Any,
    ) -> int:
        """Add a run over new transactions: places of posting keys, and amounts. Returns its id."""
        place = len(self._runs)
        name, start, end = PERIODS[period]
        end = end or _NO_DAY
        run_id = 1_000 + place * 7
        if aggregate_into is not None:
            lines = [line for line in lines if self._key(line[0]).home_currency == aggregate_into]
        buckets = self._post([(key, amount, start + timedelta(place % 3)) for key, amount in lines])
        made = list(summarise(_sums(self._keys, buckets), RULE if ruled else {}, aggregate_into))
        made = [summary for summary in made if summary.items()]
        run = JournalRun(
            id=run_id,
            number=f"JR-{101 + place:08}",
            status=status,
            transaction_types=TYPES if place % 2 else TYPES[: place + 1],
            accounting_period_id=period_id(period),
            target_start_date=start,
            target_end_date=end,
            journal_entry_date=end - timedelta(place % 3),
            organization_labels=[],
            segmentation_rule_id=41 if ruled else None,
            segmentation_rule_name=name if ruled else None,
            aggregate_currency=aggregate_into is not None,
            home_currency=aggregate_into,
            created_at=moment(place),
            created_by=free_text(place) or "somebody",
            executed_at=None if status is JournalRunStatus.PENDING else moment(place + 1),
            total_journal_entry_count=len(made),
            transaction_count=len(lines),
        )
        self._runs.append(run.sqlmodel_update(values))
        for bucket in buckets:
            bucket.journal_run_id = run_id if cancelled != "all" else None
        for number, summary in enumerate(made):
            gone = cancelled == "all" or (cancelled == "some" and number % 2 == 0)
            self._add_entry(run, summary, gone, buckets)
        return run_id

    def cancel(self, run_id: int, *, outcomes: str, remaining: int = 0, lost: int = 0) -> None:
        """Add a cancellation: for each entry in turn `c` for cancelled, or `f` for failed.

        As many as `lost` were cancelled before, whose entries have been deleted meanwhile.
        """
        entries = [entry for entry in self._entries if entry.journal_run_id == run_id]
        place = len(self._cancellations)
        counts = {"c": lost, "f": 0}
        cancellation_id = 4_000 + place * 3
        live = [entry for entry in entries if entry.status is JournalEntryStatus.CREATED]
        gone = [entry for entry in entries if entry.status is JournalEntryStatus.CANCELLED]
        for number, outcome in enumerate(outcomes):
            counts[outcome] += 1
            failed = outcome == "f"
            entry = (live or gone).pop() if failed else gone.pop()
            self._outcomes.append(
                EntryCancelOutcome(
                    id=8_999 - len(self._outcomes),
                    cancellation_id=cancellation_id,
                    sequence=lost + number + 1,
                    journal_entry_id=entry.id,
                    outcome=CancelOutcome.FAILED if failed else CancelOutcome.CANCELLED,
                    code="TRANSFERRED_TO_ACCOUNTING" if failed else None,
                    message=free_text(number + place) if failed else None,
                    cancelled_count=counts["c"],
                    failed_count=counts["f"],
                    remaining_count=remaining + len(outcomes) - number - 1,
                    recorded_at=moment(number),
                )
            )
        self._cancellations.append(
            Cancellation(
                id=cancellation_id,
                journal_run_id=run_id,
                started_at=moment(place + 2),
                started_by=free_text(place),
                finished_at=None if remaining else moment(place + 3),
                cancelled_count=counts["c"],
                failed_count=counts["f"],
                remaining_count=remaining,
            )
        )

    def open(self, lines: Sequence[tuple[int, int, date]]) -> None:
        """Add transactions that no run has taken."""
        self._post(lines)

    def add_manual_entries(self) -> None:
        """Add entries without a run: with many segments and none, and counts on both sides of what an Int can be."""
        many = [{"name": free_text(place), "value": free_text(place + 1) if place % 3 else None} for place in range(20)]
        for place, (count, currency) in enumerate([(2**31 - 1, "GBP"), (2**31, "JPY"), (0, "KWD"), (3, "CLF")]):
            amount = [0, 1, 2**63 - 1, 10_000][place]
            entry = self._entry(None, 3 - place, currency, Minor(amount), count)
            entry.segment_values = [] if place % 2 else many
            pair = [Item(code_id(place), side, Minor(amount), None) for side in reversed(ItemType)]
            self._add_items(entry, pair)

    def _key(self, place: int) -> PostingKey:
        return self._keys.setdefault(5_000 + place, posting_key(place))

    def _post(self, lines: Sequence[tuple[int, int, date]]) -> list[PostingBucket]:
        """One posting of these transactions, in which a bucket has all those of one day and key."""
        posting_id = 60 + len(self._postings)
        self._postings.append(
            Posting(
                id=posting_id, source=free_text(posting_id) or "file", posted_by="test", posted_at=moment(posting_id)
            )
        )
        buckets = []
        for (day, place), group in groupby(sorted(lines, key=lambda line: (line[2], line[0])), lambda x: (x[2], x[0])):
            key = self._key(place)
            bucket = PostingBucket(
                id=6_000 + len(self._buckets),
                posting_id=posting_id,
                posting_date=day,
                posting_key_id=key.id,
                transaction_count=0,
                amount_minor=Minor(0),
                home_amount_minor=None if key.home_currency is None else Minor(0),
            )
            for _, amount, _ in group:
                self._add_transaction(bucket, amount)
            self._buckets.append(bucket)
            buckets.append(bucket)
        return buckets

    def _add_transaction(self, bucket: PostingBucket, amount: int) -> None:
        place = len(self._transactions)
        home = None if bucket.home_amount_minor is None else _home_amount(bucket.posting_key_id, amount)
        bucket.transaction_count += 1
        bucket.amount_minor = Minor(bucket.amount_minor + amount)
        if home is not None and bucket.home_amount_minor is not None:
            bucket.home_amount_minor = Minor(bucket.home_amount_minor + home)
        self._transactions.append(
            Transaction(
                id=_FIRST_TRANSACTION + 10_000 - place * 3,
                transaction_id=f"{free_text(place)}/{place}",
                posting_bucket_id=bucket.id,
                amount_minor=Minor(amount),
                exchange_rate=None if home is None else RATES[place % len(RATES)],
                home_amount_minor=None if home is None else Minor(home),
                account_number=None if place % 3 == 0 else free_text(place + 1),
                document_number=None if place % 4 == 0 else free_text(place + 2),
            )
        )

    def _add_entry(self, run: JournalRun, summary: Summary, gone: bool, buckets: Sequence[PostingBucket]) -> None:
        group, items = summary.group, summary.items()
        amount = total(items, ItemType.DEBIT)
        entry = self._entry(run, 0, group.currency, amount, summary.transaction_count)
        entry.home_currency = group.home_currency
        entry.transaction_type = group.transaction_type
        entry.organization_label = group.organization
        entry.segment_values = [{"name": name, "value": value} for name, value in group.segments]
        entry.status = JournalEntryStatus.CANCELLED if gone else JournalEntryStatus.CREATED
        self._add_items(entry, items)
        for bucket in buckets:
            if bucket.posting_key_id in summary.key_ids:
                bucket.journal_run_id = None if gone else run.id
                bucket.journal_entry_id = None if gone else entry.id

    def _entry(self, run: JournalRun | None, period: int, currency: str, amount: Minor, count: int) -> JournalEntry:
        place = len(self._entries)
        _, start, end = PERIODS[period]
        transfer = list(TransferStatus)[place % len(TransferStatus)]
        sent = transfer is TransferStatus.YES
        entry = JournalEntry(
            id=2**32 + place * 5,
            number=f"JE-{301 + place:08}",
            journal_run_id=None if run is None else run.id,
            accounting_period_id=period_id(period) if run is None else run.accounting_period_id,
            journal_entry_date=(run.journal_entry_date if run else end or _NO_DAY) - timedelta(place % 3),
            currency=currency,
            aggregate_currency=run is not None and run.aggregate_currency,
            segment_values=[],
            total_debit_minor=amount,
            total_credit_minor=amount,
            transaction_count=count,
            transferred_to_accounting=transfer,
            transferred_at=moment(place) if sent else None,
            transferred_by=free_text(place) if sent else None,
            notes=None if place % 3 == 0 else free_text(place),
            time_period_start=run.target_start_date if run else start,
            time_period_end=run.target_end_date if run else end or _NO_DAY,
            created_at=moment(place),
            updated_at=moment(place + 2),
        )
        self._entries.append(entry)
        return entry

    def _add_items(self, entry: JournalEntry, items: Sequence[Item]) -> None:
        """Add the items, with ids and positions against the order in which they are shown."""
        for position, item in enumerate(reversed(items)):
            home = item.home_amount_minor if entry.home_currency else None
            self._items.append(
                JournalEntryItem(
                    id=3_000 + len(self._items),
                    journal_entry_id=entry.id,
                    position=position,
                    accounting_code_id=item.accounting_code_id,
                    type=item.type,
                    currency=entry.currency,
                    amount_minor=item.amount_minor,
                    home_currency=entry.home_currency,
                    home_amount_minor=home,
                )
            )


def _home_amount(key_id: int, amount: int) -> int:
    """A home amount; some are zero, and some have the opposite sign, as rates can do it to sums."""
    return amount * (key_id % 3 - 1)


def _sums(keys: dict[int, PostingKey], buckets: Sequence[PostingBucket]) -> Iterable[KeySum]:
    for bucket in buckets:
        amounts = Amounts(bucket.amount_minor, bucket.home_amount_minor)
        yield KeySum(bucket.posting_key_id, key_of(keys[bucket.posting_key_id]), bucket.transaction_count, amounts)
