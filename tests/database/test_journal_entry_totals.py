"""Totals of journal entries are what plain arithmetic over all entries gives, whatever the ledger, filter and keys."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlmodel import Session, col, select

from resolvers.import_ledger import import_accounting_periods
from runs.create_rules import RunDraft
from storage import journal_entry_totals as totals
from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.claims import release_entries
from storage.database import Database
from storage.journal_entries import JournalEntry, mark_cancelled
from storage.journal_entry_items import JournalEntryItem
from storage.journal_entry_lists import EntryFilter
from storage.journal_entry_totals import (
    JournalEntryTotals,
    SegmentValue,
    TooManyRows,
    journal_entry_totals,
)
from storage.journal_runs import JournalRun
from storage.money import AMOUNT_MINOR_MAX
from storage.organizations import limit
from storage.settings import Ledger
from storage.totals_keys import TotalsGroup, TotalsKey
from storage.words import ItemType, JournalEntryStatus, TransactionType, TransferStatus
from tests.support.direct_runs import DECEMBER, run_now
from tests.support.ledger import line, post, refuse
from tests.support.work import statements_of, work_for

PERIODS = {"Dec 2024": date(2024, 12, 31), "Jan 2025": date(2025, 1, 31)}
TYPES = ["Invoice Item", "Taxation Item", "Credit Memo Item (Charge)"]
CURRENCIES = ["GBP", "EUR", "JPY", "KWD"]

postings = st.lists(
    st.fixed_dictionaries(
        {
            "transaction_date": st.sampled_from(["2024-12-05", "2024-12-31", "2025-01-01", "2025-01-17"]),
            "transaction_type": st.sampled_from(TYPES),
            "currency": st.sampled_from(CURRENCIES),
            "amount": st.integers(-300, 300).map(str),
            "credit_account": st.sampled_from(["Sales", "Services", "Tax Payable", "Cash"]),
            "organization": st.sampled_from(["North", "South", ""]),
            "segment_country": st.sampled_from(["FR", "DE", "Österreich", "zz", ""]),
        }
    ),
    min_size=1,
    max_size=15,
)
"""Transactions of two periods."""

runs = st.lists(
    st.tuples(st.sampled_from(list(PERIODS)), st.sampled_from(TYPES), st.integers(0, 20)), min_size=1, max_size=4
)
"""Runs: the period, the type, and how many days before the end of the period its entries are booked."""

some_days = st.one_of(st.none(), st.dates(date(2024, 12, 1), date(2025, 2, 1)))

filters = st.builds(
    EntryFilter,
    statuses=st.one_of(st.none(), st.lists(st.sampled_from(JournalEntryStatus))),
    transferred_to_accounting=st.one_of(st.none(), st.none(), st.lists(st.sampled_from(TransferStatus))),
    transaction_types=st.one_of(st.none(), st.none(), st.lists(st.sampled_from(list(map(TransactionType, TYPES))))),
    currencies=st.one_of(st.none(), st.none(), st.lists(st.sampled_from(CURRENCIES))),
    accounting_period_name=st.one_of(st.none(), st.none(), st.sampled_from([*PERIODS, "No such period"])),
    journal_entry_date_from=some_days,
    journal_entry_date_to=some_days,
)

groupings = st.lists(
    st.sampled_from(
        [TotalsGroup(key) for key in TotalsKey if key is not TotalsKey.SEGMENT]
        + [TotalsGroup(TotalsKey.SEGMENT, name) for name in ("country", "product")]
    ),
    max_size=5,
    unique=True,
)


@pytest.mark.parametrize("ledger", [Ledger(), Ledger("GBP"), Ledger("GBP", True)], ids=["plain", "home", "aggregated"])
@settings(max_examples=6)
@given(
    seed=st.integers(0, 10**6),
    batch=postings,
    wanted=runs,
    questions=st.lists(st.tuples(filters, groupings), min_size=12),
)
def test_totals_are_the_sums_of_all_entries(
    database: Database,
    ledger: Ledger,
    seed: int,
    batch: list[dict[str, str]],
    wanted: list[tuple[str, str, int]],
    questions: list[tuple[EntryFilter, list[TotalsGroup]]],
) -> None:
    share_gl_accounts(database)
    fill(database, ledger, batch, wanted)
    change(database, Random(seed))  # noqa: S311
    with database.read() as session:
        entries = all_entries(session)
        for filter, groups in questions:
            found = journal_entry_totals(session, filter, groups)
            assert found == expected(entries, filter, groups), (filter, groups)
            if not {TotalsKey.ACCOUNTING_CODE, TotalsKey.GL_ACCOUNT} & {group.by for group in groups}:
                assert all(row.net == 0 and row.home_net in (0, None) for row in found)


def test_an_empty_ledger_has_no_totals(database: Database) -> None:
    with database.read() as session:
        for groups in ([], EVERYTHING):
            assert journal_entry_totals(session, EntryFilter(), groups) == []


EVERYTHING = [TotalsGroup(key) for key in TotalsKey if key is not TotalsKey.SEGMENT]
LARGEST = Decimal(AMOUNT_MINOR_MAX).scaleb(-2)


def test_sums_beyond_64_bits_are_exact(database: Database) -> None:
    lines = [line(country, segment_country=country, amount=f"{LARGEST}") for country in ("FR", "DE", "UK")]
    post(database, [*lines, line("one", segment_country="ES", amount="0.01")], Ledger("GBP"))
    run_now(database)
    total = 3 * LARGEST + Decimal("0.01")
    with database.read() as session:
        (row,) = journal_entry_totals(session, EntryFilter(), [])
        by_code = journal_entry_totals(session, EntryFilter(), [TotalsGroup(TotalsKey.ACCOUNTING_CODE)])
    assert (row.debit, row.credit, row.home_debit, row.home_credit) == (total, total, total, total)
    assert [(one.accounting_code_name, one.net, one.home_net) for one in by_code] == [
        ("Accounts Receivable", total, total),
        ("Sales", -total, -total),
    ]


def test_a_limited_session_has_the_totals_of_its_organisations_and_not_the_numbers_of_other_runs(
    database: Database,
) -> None:
    amounts = {"North": "1.00", "South": "20.00", "": "300.00"}
    groups = [TotalsGroup(TotalsKey.JOURNAL_RUN)]

    def totals_within(*organizations: str) -> list[tuple[str | None, Decimal]]:
        with database.read() as session:
            limit(session, frozenset(organizations))
            return [(row.journal_run_number, row.debit) for row in journal_entry_totals(session, EntryFilter(), groups)]

    for batch, labels in enumerate([["North"], [], []]):
        post(database, [line(f"{name}{batch}", organization=name, amount=amount) for name, amount in amounts.items()])
        run_now(database, draft=replace(DECEMBER, organization_labels=labels))
    # The second and the third run collected all organisations, so for these sessions they are not there.
    assert totals_within("North") == [("JR-00000001", Decimal(1)), (None, Decimal(2))]
    assert totals_within("South") == [(None, Decimal(60))]
    assert totals_within("East") == []


MONTHS = [(year, month) for year in (2022, 2023) for month in range(1, 13)]
OF_A_MONTH = 50


@pytest.fixture
def long_ledger(database: Database) -> Database:
    """Two years with a run in each month."""
    for year, month in MONTHS:
        first, last = date(year, month, 1), date(year, month, monthrange(year, month)[1])
        period = {"name": f"{year}-{month}", "start_date": str(first), "end_date": str(last)}
        import_accounting_periods(database, [(1, period)], refuse, actor="test")
        post(
            database,
            [line(f"{first} {n}", organization=f"Org {n}", transaction_date=str(first)) for n in range(OF_A_MONTH)],
        )
        run_now(database, draft=replace(DECEMBER, accounting_period_name=period["name"], journal_entry_date=last))
    with database.write() as session:
        session.execute(text("ANALYZE"))
    return database


def test_totals_of_few_entries_read_few(long_ledger: Database) -> None:
    for groups in ([], EVERYTHING):
        all_of_them = work_of(long_ledger, EntryFilter(), groups)
        for filter, part in (
            # SQLite takes a list of periods for a long one, and reads all entries, but not their items.
            (EntryFilter(accounting_period_name="2023-12"), 5),
            (EntryFilter(journal_entry_date_from=date(2023, 12, 1)), 20),
        ):
            few = work_of(long_ledger, filter, groups)
            assert few < all_of_them / part, (filter, few, all_of_them)


def work_of(database: Database, filter: EntryFilter, groups: list[TotalsGroup]) -> int:
    """How much the database does for the totals."""

    def read() -> None:
        with database.read() as session:
            journal_entry_totals(session, filter, groups)

    statement, parameters = statements_of(database, read)[0]
    return work_for(database, statement, parameters, ("journal_entry",))


def test_more_rows_than_the_maximum_are_refused(long_ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with long_ledger.read() as session:
        by_organization = [TotalsGroup(TotalsKey.ORGANIZATION)]
        monkeypatch.setattr(totals, "ROWS_MAX", OF_A_MONTH)
        assert len(journal_entry_totals(session, EntryFilter(), by_organization)) == OF_A_MONTH
        monkeypatch.setattr(totals, "ROWS_MAX", OF_A_MONTH - 1)
        with pytest.raises(TooManyRows):
            journal_entry_totals(session, EntryFilter(), by_organization)


def share_gl_accounts(database: Database) -> None:
    """Two codes have the same account of the general ledger, and one has none."""
    accounts: dict[str, tuple[str | None, str | None]] = {
        "Sales": ("4000", "Revenue"),
        "Services": ("4000", "Revenue"),
        "Tax Payable": (None, None),
        "Cash": ("1200", None),
    }
    with database.write() as session:
        for name, (number, account) in accounts.items():
            values = {"gl_account_number": number, "gl_account_name": account}
            session.execute(update(AccountingCode).where(col(AccountingCode.name) == name).values(values))


def fill(
    database: Database, ledger: Ledger, batch: Sequence[dict[str, str]], wanted: Sequence[tuple[str, str, int]]
) -> None:
    """Post the batch, and create these runs. The ledger fills up over the examples."""
    with database.read() as session:
        known = session.execute(text("SELECT count(*) FROM billing_transaction")).scalar_one()
    rates = {"exchange_rate": "0.7"} if ledger.home_currency else {}
    lines = [
        line(f"t{number}", **{**values, **(rates if values["currency"] != "GBP" else {})})
        for number, values in enumerate(batch, start=known)
    ]
    post(database, lines, ledger)
    for period, kind, days in wanted:
        last = PERIODS[period]
        draft = RunDraft(
            transaction_types=[TransactionType(kind)],
            journal_entry_date=last.replace(day=last.day - days),
            accounting_period_name=period,
        )
        run_now(database, ledger, draft)


def change(database: Database, random: Random) -> None:
    """Give entries transfer statuses, and cancel some."""
    with database.write() as session:
        entries = list(session.exec(select(JournalEntry)))
        for entry in entries:
            entry.transferred_to_accounting = random.choice(list(TransferStatus))
            session.add(entry)
        session.flush()
        cancelled = [entry.id for entry in entries if random.random() < 0.2]
        mark_cancelled(session, cancelled)
        release_entries(session, cancelled)


@dataclass(frozen=True)
class Entry:
    """An entry with what totals need of it."""

    row: JournalEntry
    items: list[tuple[JournalEntryItem, AccountingCode]]
    period: AccountingPeriod
    run: str | None


def all_entries(session: Session) -> list[Entry]:
    """Every entry of the ledger."""
    periods = {period.id: period for period in session.exec(select(AccountingPeriod))}
    numbers = {run.id: run.number for run in session.exec(select(JournalRun))}
    codes = {code.id: code for code in session.exec(select(AccountingCode))}
    items: dict[int, list[tuple[JournalEntryItem, AccountingCode]]] = {}
    for item in session.exec(select(JournalEntryItem)):
        items.setdefault(item.journal_entry_id, []).append((item, codes[item.accounting_code_id]))
    return [
        Entry(row, items[row.id], periods[row.accounting_period_id], numbers.get(row.journal_run_id or 0))
        for row in session.exec(select(JournalEntry))
    ]


def meets(entry: Entry, filter: EntryFilter) -> bool:
    """Whether the entry meets the filter, by itself."""
    row, day = entry.row, entry.row.journal_entry_date
    among: list[tuple[Any, Sequence[Any] | None]] = [
        (row.status, [JournalEntryStatus.CREATED] if filter.statuses is None else filter.statuses),
        (row.transferred_to_accounting, filter.transferred_to_accounting),
        (row.transaction_type, filter.transaction_types),
        (row.currency, filter.currencies),
    ]
    return (
        all(words is None or word in words for word, words in among)
        and filter.accounting_period_name in (None, entry.period.name)
        and (filter.journal_entry_date_from is None or filter.journal_entry_date_from <= day)
        and (filter.journal_entry_date_to is None or day <= filter.journal_entry_date_to)
    )


Values = dict[str, Any]

VALUES: dict[TotalsKey, Callable[[Entry, AccountingCode], Values]] = {
    TotalsKey.PERIOD: lambda entry, _: {
        "accounting_period_start_date": entry.period.start_date,
        "accounting_period_name": entry.period.name,
    },
    TotalsKey.MONTH: lambda entry, _: {"month": entry.row.journal_entry_date.isoformat()[:7]},
    TotalsKey.DATE: lambda entry, _: {"journal_entry_date": entry.row.journal_entry_date},
    TotalsKey.ACCOUNTING_CODE: lambda _, code: {
        "accounting_code_name": code.name,
        "gl_account_number": code.gl_account_number,
        "gl_account_name": code.gl_account_name,
    },
    TotalsKey.GL_ACCOUNT: lambda _, code: {
        "gl_account_number": code.gl_account_number,
        "gl_account_name": code.gl_account_name,
    },
    TotalsKey.TRANSACTION_TYPE: lambda entry, _: {"transaction_type": entry.row.transaction_type},
    TotalsKey.CURRENCY: lambda entry, _: {"currency": entry.row.currency},
    TotalsKey.ORGANIZATION: lambda entry, _: {"organization_label": entry.row.organization_label},
    TotalsKey.TRANSFER_STATUS: lambda entry, _: {"transferred_to_accounting": entry.row.transferred_to_accounting},
    TotalsKey.STATUS: lambda entry, _: {"status": entry.row.status},
    TotalsKey.JOURNAL_RUN: lambda entry, _: {"journal_run_number": entry.run},
}


def values_of(entry: Entry, code: AccountingCode, group: TotalsGroup) -> Values:
    """What the key is for an item of the entry."""
    if group.by is TotalsKey.SEGMENT:
        named = {segment["name"]: segment["value"] for segment in entry.row.segment_values}
        return {f"segment {group.segment_name}": named.get(group.segment_name)}
    return VALUES[group.by](entry, code)


AMOUNTS = ("debit", "credit", "home_debit", "home_credit")


@dataclass
class Sums:
    """What belongs to one row."""

    values: Values
    amounts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(AMOUNTS, Decimal(0)))
    entries: dict[int, int] = field(default_factory=dict)


def expected(entries: Iterable[Entry], filter: EntryFilter, groups: Sequence[TotalsGroup]) -> list[JournalEntryTotals]:
    """The totals, by plain arithmetic."""
    rows: dict[tuple[Any, ...], Sums] = {}
    for entry in entries:
        if not meets(entry, filter):
            continue
        for item, code in entry.items:
            values: Values = {}
            for group in groups:
                values |= values_of(entry, code, group)
            values |= {"currency": values.pop("currency", entry.row.currency), "home_currency": entry.row.home_currency}
            order = [one for group in groups for one in values_of(entry, code, group).values()]
            key = (*map(placed, order), placed(entry.row.currency), placed(entry.row.home_currency))
            sums = rows.setdefault(key, Sums(values))
            side = "debit" if item.type is ItemType.DEBIT else "credit"
            sums.amounts[side] += item.amount
            sums.amounts[f"home_{side}"] += item.home_amount or 0
            sums.entries[entry.row.id] = entry.row.transaction_count
    return [row_of(rows[key], groups) for key in sorted(rows)]


def placed(value: Any) -> tuple[bool, Any]:
    """The place of a value among others: what is none is last."""
    for words in (TransactionType, TransferStatus, JournalEntryStatus):
        if isinstance(value, words):
            return False, [*words].index(value)
    return value is None, "" if value is None else value


def row_of(sums: Sums, groups: Sequence[TotalsGroup]) -> JournalEntryTotals:
    """The row of these sums."""
    names = [group.segment_name for group in groups if group.segment_name is not None]
    segments = [SegmentValue(name, sums.values[f"segment {name}"]) for name in names]
    values = {name: value for name, value in sums.values.items() if not name.startswith("segment ")}
    amounts: dict[str, Decimal | None] = {**sums.amounts}
    amounts["net"] = sums.amounts["debit"] - sums.amounts["credit"]
    amounts["home_net"] = sums.amounts["home_debit"] - sums.amounts["home_credit"]
    if values["home_currency"] is None:
        amounts |= dict.fromkeys(("home_debit", "home_credit", "home_net"))
    return JournalEntryTotals(
        **values,
        **amounts,  # type: ignore[arg-type]
        segments=segments,
        entry_count=len(sums.entries),
        transaction_count=sum(sums.entries.values()),
    )
