"""The statement that adds up journal entries: exact, and never over several currencies."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, case, func, select
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import Session, col

from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.database import is_sqlite
from storage.filtering import expressions
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_entry_lists import EntryFilter
from storage.journal_runs import JournalRun
from storage.totals_keys import TotalsGroup, TotalsKey
from storage.words import ItemType, JournalEntryStatus


def totals_statement(session: Session, filter: EntryFilter, groups: Sequence[TotalsGroup]) -> Select[Any]:
    """The statement of totals: a row for each group, currency and home currency.

    Its columns are the values of the keys, in their order; the currency and the home currency; the numbers of entries
    and of transactions; and the parts of the sums, which `sums_of` puts together. PERIOD has two values, its first day
    and its name; the others have those of `_columns`.
    """
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
        .where(*_conditions(session, filter))
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


def _conditions(session: Session, filter: EntryFilter) -> list[ColumnElement[bool]]:
    live = filter if _names_statuses(filter) else replace(filter, statuses=[JournalEntryStatus.CREATED])
    return expressions(session, JournalEntry, live.conditions())


def _names_statuses(filter: EntryFilter) -> bool:
    """Whether the filter, or one in it, says which statuses."""
    inside = [*(filter.all_of or ()), *(filter.any_of or ()), *([filter.none_of] if filter.none_of else ())]
    return filter.statuses is not None or any(map(_names_statuses, inside))


_OF_ITEMS = {TotalsKey.ACCOUNTING_CODE, TotalsKey.GL_ACCOUNT}
"""The keys that are properties of items."""

_COLUMNS: dict[TotalsKey, SQLColumnExpression[Any]] = {
    TotalsKey.DATE: col(JournalEntry.journal_entry_date),
    TotalsKey.TRANSACTION_TYPE: col(JournalEntry.transaction_type),
    TotalsKey.CURRENCY: col(JournalEntry.currency),
    TotalsKey.ORGANIZATION: col(JournalEntry.organization_label),
    TotalsKey.TRANSFER_STATUS: col(JournalEntry.transferred_to_accounting),
    TotalsKey.STATUS: col(JournalEntry.status),
}
"""The keys that are columns of entries."""


def _columns(session: Session, group: TotalsGroup) -> list[SQLColumnExpression[Any]]:
    """The columns of a key; none for PERIOD, whose id each entry has."""
    code = AccountingCode
    match group.by:
        case TotalsKey.PERIOD:
            return []
        case TotalsKey.MONTH:
            return [_month(session)]
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
    return [_COLUMNS[group.by]]


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
    """The sums of debits and credits, and of those in the home currency, in parts that `sums_of` puts together."""
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


def sums_of(session: Session, parts: Sequence[Any]) -> list[int]:
    """The sums of debits and of credits, and both in the home currency, in minor units."""
    sums = [int(part or 0) for part in parts]
    return [high * _LOW + low for high, low in zip(sums[::2], sums[1::2], strict=True)] if is_sqlite(session) else sums
