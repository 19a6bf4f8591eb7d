"""Totals of journal entries by any of their properties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlmodel import Session

from storage.asking import Unanswerable
from storage.currencies import CurrencyDigits, all_currencies
from storage.journal_entry_lists import EntryFilter
from storage.money import Minor, to_decimal
from storage.totals_keys import TotalsGroup, TotalsKey
from storage.totals_statement import sums_of, totals_statement
from storage.words import JournalEntryStatus, TransactionType, TransferStatus

ROWS_MAX = 10_000
"""The maximum of rows of totals."""


@dataclass(frozen=True, slots=True)
class SegmentValue:
    """A segment, and its value in a row of totals."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntryTotals:
    """A row of totals. What the entries are not grouped by is None; the amounts are in the row's currencies."""

    accounting_period_start_date: date | None = None
    accounting_period_name: str | None = None
    month: str | None = None
    journal_entry_date: date | None = None
    accounting_code_name: str | None = None
    gl_account_number: str | None = None
    gl_account_name: str | None = None
    transaction_type: TransactionType | None = None
    organization_label: str | None = None
    segments: Sequence[SegmentValue] = ()
    transferred_to_accounting: TransferStatus | None = None
    status: JournalEntryStatus | None = None
    journal_run_number: str | None = None
    currency: str
    debit: Decimal
    credit: Decimal
    net: Decimal
    home_currency: str | None
    home_debit: Decimal | None
    home_credit: Decimal | None
    home_net: Decimal | None
    entry_count: int
    transaction_count: int


class TooManyRows(Exception):
    """There are more than ROWS_MAX rows of totals."""


_ATTRIBUTES: dict[TotalsKey, tuple[str, ...]] = {
    TotalsKey.PERIOD: ("accounting_period_start_date", "accounting_period_name"),
    TotalsKey.MONTH: ("month",),
    TotalsKey.DATE: ("journal_entry_date",),
    TotalsKey.ACCOUNTING_CODE: ("accounting_code_name", "gl_account_number", "gl_account_name"),
    TotalsKey.GL_ACCOUNT: ("gl_account_number", "gl_account_name"),
    TotalsKey.TRANSACTION_TYPE: ("transaction_type",),
    TotalsKey.CURRENCY: ("currency",),
    TotalsKey.ORGANIZATION: ("organization_label",),
    TotalsKey.SEGMENT: ("segments",),
    TotalsKey.TRANSFER_STATUS: ("transferred_to_accounting",),
    TotalsKey.STATUS: ("status",),
    TotalsKey.JOURNAL_RUN: ("journal_run_number",),
}
"""What each key gives a row, in the order by which rows are sorted."""


def journal_entry_totals(
    session: Session, filter: EntryFilter, groups: Sequence[TotalsGroup]
) -> list[JournalEntryTotals]:
    """Totals of the items of the entries that meet the filter: a row for each group, currency and home currency.

    Only live entries count, unless the filter says which statuses. Rows are in the order of the groups, then of the
    currencies; periods by their start, words as in their vocabulary, and what has no value last. An entry with items in
    several groups counts once in each. Raises TooManyRows, and Unanswerable if a currency has no digits in the ledger.
    """
    found = session.execute(totals_statement(session, filter, groups).limit(ROWS_MAX + 1)).all()
    if len(found) > ROWS_MAX:
        raise TooManyRows
    currencies = all_currencies(session)
    rows = []
    for key, (currency, home_currency, entries, transactions, *parts) in _split(found, groups):
        debit, credit, home_debit, home_credit = sums_of(session, parts)
        amounts = {
            **_amounts("", debit, credit, currency, currencies),
            **_amounts("home_", home_debit, home_credit, home_currency, currencies),
        }
        order = [_place(value) for value in (*key, currency, home_currency)]
        given = _given(groups, key) | amounts | {"currency": currency, "home_currency": home_currency}
        rows.append((order, JournalEntryTotals(**given, entry_count=entries, transaction_count=int(transactions))))
    # Sorted here, since each database sorts texts in its own way.
    return [row for _, row in sorted(rows, key=lambda one: one[0])]


def _split(found: Sequence[Any], groups: Sequence[TotalsGroup]) -> list[tuple[Sequence[Any], Sequence[Any]]]:
    """Of each row, the values of the keys, and the others."""
    width = sum(len(_ATTRIBUTES[group.by]) for group in groups)
    return [(row[:width], row[width:]) for row in found]


def _given(groups: Sequence[TotalsGroup], values: Sequence[Any]) -> dict[str, Any]:
    """The row's values of its keys."""
    remaining = iter(values)
    given: dict[str, Any] = {"segments": []}
    for group in groups:
        if group.segment_name is not None:
            given["segments"].append(SegmentValue(group.segment_name, next(remaining)))
        else:
            given |= {attribute: next(remaining) for attribute in _ATTRIBUTES[group.by]}
    return given


def _amounts(
    kind: str, debit: int, credit: int, code: str | None, currencies: dict[str, CurrencyDigits]
) -> dict[str, Decimal | None]:
    """The amounts of one kind; without a currency, there are none."""
    minor = {f"{kind}debit": debit, f"{kind}credit": credit, f"{kind}net": debit - credit}
    if code is None:
        return dict.fromkeys(minor)
    if code not in currencies:
        raise Unanswerable(f"the ledger has no digits for {code}")
    return {name: to_decimal(Minor(amount), currencies[code]) for name, amount in minor.items()}


def _place(value: object) -> tuple[object, ...]:
    """What sorts the value among those of its key."""
    if value is None:
        return (1,)
    return (0, list(type(value)).index(value) if isinstance(value, Enum) else value)
