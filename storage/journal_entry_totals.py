"""Totals of journal entries by any of their properties: exact, and never over several currencies."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, case, func, select
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import Session, col

from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.asking import Unanswerable
from storage.conditions import expressions
from storage.currencies import CurrencyDigits, all_currencies
from storage.database import is_sqlite
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_entry_lists import EntryFilter
from storage.journal_runs import JournalRun
from storage.money import Minor, to_decimal
from storage.words import ItemType, JournalEntryStatus, TransactionType, TransferStatus

ROWS_MAX = 10_000
"""The maximum of rows of totals."""


class TotalsKey(Enum):
    """What entries can be grouped by."""

    PERIOD = "period"
    MONTH = "month"
    DATE = "date"
    ACCOUNTING_CODE = "accounting code"
    GL_ACCOUNT = "GL account"
    TRANSACTION_TYPE = "transaction type"
    CURRENCY = "currency"
    ORGANIZATION = "organisation"
    SEGMENT = "segment"
    TRANSFER_STATUS = "transfer status"
    STATUS = "status"
    JOURNAL_RUN = "journal run"


@dataclass(frozen=True, slots=True)
class TotalsGroup:
    """One of the keys; SEGMENT has the name of the segment."""

    by: TotalsKey
    segment_name: str | None = None


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
    found = session.execute(_statement(session, filter, groups).limit(ROWS_MAX + 1)).all()
    if len(found) > ROWS_MAX:
        raise TooManyRows
    currencies = all_currencies(session)
    rows = []
    for key, (currency, home_currency, entries, transactions, *parts) in _split(found, groups):
        debit, credit, home_debit, home_credit = _sums(session, parts)
        amounts = {
            **_amounts("", debit, credit, currency, currencies),
            **_amounts("home_", home_debit, home_credit, home_currency, currencies),
        }
        order = [_place(value) for value in (*key, currency, home_currency)]
        given = _given(groups, key) | amounts | {"currency": currency, "home_currency": home_currency}
        rows.append((order, JournalEntryTotals(**given, entry_count=entries, transaction_count=int(transactions))))
    # Sorted here, since each database sorts texts in its own way.
    return [row for _, row in sorted(rows, key=lambda one: one[0])]


def _statement(session: Session, filter: EntryFilter, groups: Sequence[TotalsGroup]) -> Select[Any]:
    """The values of the keys, the currency and the home currency, the numbers of entries and transactions, the sums."""
    item, sums = JournalEntryItem, _sums_of_items(session)
    columns = [_columns(session, group) for group in groups]
    of_items = [one for group, each in zip(groups, columns, strict=True) if group.by in _OF_ITEMS for one in each]
    # First by entry, so that an entry counts once however many items it has in a group.
    selected: list[Any] = [
        col(JournalEntry.currency),
        col(JournalEntry.home_currency),
        col(JournalEntry.transaction_count),
        col(JournalEntry.accounting_period_id),
        *(one.label(f"key_{n}_{m}") for n, each in enumerate(columns) for m, one in enumerate(each)),
        *(one.label(f"sum_{n}") for n, one in enumerate(sums)),
    ]
    by_entry = (
        select(*selected)
        .join_from(JournalEntry, item, col(item.journal_entry_id) == JournalEntry.id)
        .where(*_conditions(filter))
        .group_by(_entry_id(session), *of_items)
    )
    if of_items:
        by_entry = by_entry.join(AccountingCode, col(AccountingCode.id) == item.accounting_code_id)
    entry = by_entry.subquery("entry").c
    keys: list[SQLColumnExpression[Any]] = []
    for n, (group, each) in enumerate(zip(groups, columns, strict=True)):
        if group.by is TotalsKey.PERIOD:
            keys += [col(AccountingPeriod.start_date), col(AccountingPeriod.name)]
        else:
            keys += [entry[f"key_{n}_{m}"] for m in range(len(each))]
    keys += [entry.currency, entry.home_currency]
    added = [func.sum(entry[f"sum_{n}"]) for n in range(len(sums))]
    statement = select(*keys, func.count(), func.sum(entry.transaction_count), *added).group_by(*keys)
    if any(group.by is TotalsKey.PERIOD for group in groups):
        return statement.join(AccountingPeriod, col(AccountingPeriod.id) == entry.accounting_period_id)
    return statement


def _entry_id(session: Session) -> SQLColumnExpression[int]:
    """The entry's id to group by: on SQLite an expression, or it would read all entries in the order of their ids."""
    entry_id = col(JournalEntry.id)
    return entry_id.op("+")(0) if is_sqlite(session) else entry_id


def _conditions(filter: EntryFilter) -> list[ColumnElement[bool]]:
    live = filter if filter.statuses is not None else replace(filter, statuses=[JournalEntryStatus.CREATED])
    return expressions(JournalEntry, live.conditions())


_OF_ITEMS = {TotalsKey.ACCOUNTING_CODE, TotalsKey.GL_ACCOUNT}


def _columns(session: Session, group: TotalsGroup) -> list[SQLColumnExpression[Any]]:
    """The columns of a key; none for PERIOD, whose id each entry has."""
    code = AccountingCode
    match group.by:
        case TotalsKey.PERIOD:
            return []
        case TotalsKey.MONTH:
            return [_month(session)]
        case TotalsKey.DATE:
            return [col(JournalEntry.journal_entry_date)]
        case TotalsKey.ACCOUNTING_CODE:
            return [col(code.name), col(code.gl_account_number), col(code.gl_account_name)]
        case TotalsKey.GL_ACCOUNT:
            return [col(code.gl_account_number), col(code.gl_account_name)]
        case TotalsKey.SEGMENT:
            return [_segment_value(session, group.segment_name or "")]
        case TotalsKey.JOURNAL_RUN:
            # A look-up instead of a column: a run that the session may not see has no number.
            number = select(col(JournalRun.number)).where(col(JournalRun.id) == JournalEntry.journal_run_id)
            return [number.scalar_subquery()]
    (attribute,) = _ATTRIBUTES[group.by]
    return [col(getattr(JournalEntry, attribute))]


def _month(session: Session) -> SQLColumnExpression[str]:
    day = col(JournalEntry.journal_entry_date)
    return func.strftime("%Y-%m", day) if is_sqlite(session) else func.to_char(day, "YYYY-MM")


def _segment_value(session: Session, name: str) -> SQLColumnExpression[Any]:
    """The entry's value of that segment."""
    segments = col(JournalEntry.segment_values)
    named: SQLColumnExpression[Any]
    value: SQLColumnExpression[Any]
    if is_sqlite(session):
        one = func.json_each(segments).table_valued("value", name="one").c.value
        named, value = (func.json_extract(one, f"$.{part}", type_=Text()) for part in ("name", "value"))
    else:
        each = func.json_array_elements(segments).column_valued("one")
        named, value = (each.op("->>", return_type=Text())(part) for part in ("name", "value"))
    return select(value).where(named == name).limit(1).scalar_subquery()


_LOW = 2**32


def _sums_of_items(session: Session) -> list[SQLColumnExpression[Any]]:
    """The sums of debits and credits, and of those in the home currency, in parts that `_sums` puts together."""
    item = JournalEntryItem
    return [
        func.sum(case((col(item.type) == side, part)))
        for amount in (col(item.amount_minor), col(item.home_amount_minor))
        for side in (ItemType.DEBIT, ItemType.CREDIT)
        for part in _parts(session, amount)
    ]


def _parts(session: Session, amount: SQLColumnExpression[Any]) -> list[SQLColumnExpression[Any]]:
    """PostgreSQL's sum of integers is an exact numeric. SQLite's has 64 bits, so it adds up each half of an amount."""
    return [amount.op(">>")(32), amount.op("&")(_LOW - 1)] if is_sqlite(session) else [amount]


def _sums(session: Session, parts: Sequence[Any]) -> list[int]:
    sums = [int(part or 0) for part in parts]
    return [high * _LOW + low for high, low in zip(sums[::2], sums[1::2], strict=True)] if is_sqlite(session) else sums


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
