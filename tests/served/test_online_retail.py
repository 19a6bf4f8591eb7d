"""Seven months of a real retailer's invoices, from the published file to journal entries, reconciled to the penny.

On PostgreSQL four months, which takes half as long.

The input is beside the checkout, not in it; without it, this test is skipped, in CI too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import text

from storage.database import Database
from tests.support.client import ENTRY, Client
from tests.support.online_retail import (
    MONTHS,
    TYPES,
    Entries,
    Expected,
    Month,
    expected,
    import_months,
    needs_input,
    period,
    run_month,
)

MONTHS_ON_POSTGRESQL = MONTHS[:4]

pytestmark = needs_input


@pytest.fixture
def database(empty_database: Database, database_url: str, online_retail: Path, tmp_path: Path) -> Database:
    """A ledger with all months of this database, imported by the command line."""
    import_months(database_url, months_of(empty_database), online_retail, tmp_path)
    return empty_database


def months_of(database: Database) -> list[Month]:
    """The months that are imported into this database."""
    return MONTHS if database.is_sqlite else MONTHS_ON_POSTGRESQL


def assert_ties_out(client: Client, run: dict[str, Any], entries: Entries) -> list[dict[str, Any]]:
    """The run's entries are exactly the totals of the invoice lines."""
    found = client.entries(run["number"])
    assert run["segmentationRuleName"] == "By country"
    assert run["transactionCount"] == sum(len(entry.ids) for entry in entries.values())
    # A sum of zero makes no entry.
    with_amount = {key: entry for key, entry in entries.items() if entry.total}
    assert run["totalJournalEntryCount"] == len(found) == len(with_amount)
    by_key = {(entry["transactionType"], entry["segments"][0]["value"]): entry for entry in found}
    assert by_key.keys() == with_amount.keys()
    for key, entry in by_key.items():
        wanted = with_amount[key]
        amount = f"{abs(wanted.total):.2f}"
        assert entry["segments"] == [{"name": "country", "value": key[1]}]
        assert (entry["status"], entry["currency"]) == ("CREATED", "GBP")
        assert (entry["totalDebit"], entry["totalCredit"]) == (amount, amount), key
        assert entry["transactionCount"] == len(wanted.ids), key
        # A negative sum changes the items' sides.
        debit, credit = ("Accounts Receivable", "Sales Revenue")[:: 1 if wanted.total > 0 else -1]
        items = sorted((item["type"], item["accountingCode"]["name"], item["amount"]) for item in entry["items"])
        assert items == [("CREDIT", credit, amount), ("DEBIT", debit, amount)], key
    return found


def transactions(client: Client, number: str) -> Iterator[dict[str, Any]]:
    """Every transaction that the entry summarises, page by page."""
    document = """query($number: String!, $after: String) { journalEntry(number: $number) {
      transactions(first: 1000, after: $after) {
        nodes { transactionId amount transactionType transactionDate segments { name value } }
        pageInfo { hasNextPage endCursor } } } }"""
    after = None
    while True:
        page = client.query(document, {"number": number, "after": after})["journalEntry"]["transactions"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def assert_drills_down(client: Client, entry: dict[str, Any], month: Month, wanted: Expected) -> None:
    """The entry's transactions are the invoice lines, and sum to it."""
    rows = list(transactions(client, entry["number"]))
    ids = Counter(row["transactionId"] for row in rows)
    assert ids == Counter(wanted.ids)
    assert sum(Decimal(row["amount"]) for row in rows) == wanted.total
    assert {row["transactionType"] for row in rows} == {entry["transactionType"]}
    assert {row["transactionDate"][:7] for row in rows} == {f"{month[0]}-{month[1]:02}"}
    assert all(row["segments"] == entry["segments"] for row in rows)


def transactions_in_entries(database: Database) -> list[tuple[str, int]]:
    """Each transaction with the number of live entries that contain it, read from the database."""
    with database.read() as session:
        rows = session.connection().execute(
            text(
                "SELECT t.transaction_id, count(e.id) FROM billing_transaction t"
                " JOIN posting_bucket b ON b.id = t.posting_bucket_id"
                " LEFT JOIN journal_entry e ON e.id = b.journal_entry_id AND e.status = 'Created'"
                " GROUP BY t.transaction_id"
            )
        )
        return [(transaction_id, count) for transaction_id, count in rows]


TOTALS = """query($by: [JournalEntryTotalsGroup!]!, $filter: JournalEntryFilter) {
  journalEntryTotals(groupBy: $by, filter: $filter) {
    accountingPeriodName accountingCodeName segments { value }
    currency debit credit net entryCount transactionCount } }"""
COUNTRY = {"by": "SEGMENT", "segmentName": "country"}


@dataclass
class Sums:
    """What the invoice lines of one row of totals add up to."""

    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    entries: int = 0
    transactions: int = 0

    def add(self, entry: Expected, *, receivable: bool | None = None) -> None:
        """Add the amount of an entry to both sides, or to that of its receivable or its revenue alone."""
        if receivable in (None, entry.total > 0):
            self.debit += abs(entry.total)
        if receivable in (None, entry.total < 0):
            self.credit += abs(entry.total)
        self.entries += 1
        self.transactions += len(entry.ids)


def assert_totals_tie_out(client: Client, months: list[Month]) -> None:
    """Totals by period, by country and by accounting code are those of the invoice lines."""
    by_period: dict[str, Sums] = {}
    by_country: dict[str, Sums] = defaultdict(Sums)
    by_code: dict[tuple[str, str], Sums] = defaultdict(Sums)
    for month in months:
        name, _ = period(month)
        by_period[name] = Sums()
        for (_, country), entry in expected()[month].items():
            if entry.total:
                by_period[name].add(entry)
                by_country[country].add(entry)
                by_code[name, "Accounts Receivable"].add(entry, receivable=True)
                by_code[name, "Sales Revenue"].add(entry, receivable=False)

    def ask(*by: dict[str, str], filter: dict[str, Any] | None = None) -> list[tuple[tuple[str, ...], Sums]]:
        rows = client.query(TOTALS, {"by": by, "filter": filter})["journalEntryTotals"]
        assert all(row["currency"] == "GBP" for row in rows)
        assert all(Decimal(row["net"]) == Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows)
        given = ("accountingPeriodName", "accountingCodeName")
        return [
            (
                (*(row[name] for name in given if row[name]), *(one["value"] for one in row["segments"])),
                Sums(Decimal(row["debit"]), Decimal(row["credit"]), row["entryCount"], row["transactionCount"]),
            )
            for row in rows
        ]

    assert ask({"by": "PERIOD"}) == [((name,), sums) for name, sums in by_period.items()]
    assert ask(COUNTRY) == [((country,), by_country[country]) for country in sorted(by_country)]
    assert ask({"by": "PERIOD"}, {"by": "ACCOUNTING_CODE"}) == [(key, by_code[key]) for key in by_code]
    march = period((2011, 3))[0]
    assert ask(filter={"accountingPeriodName": march}) == [((), by_period[march])]


def test_the_months_tie_out_to_the_penny(client: Client) -> None:
    assert sorted(expected()) == MONTHS
    months = months_of(client.database)
    runs: dict[tuple[int, int], dict[str, Any]] = {}
    entries: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for month in months:
        runs[month] = run_month(client, month)
        entries[month] = assert_ties_out(client, runs[month], expected()[month])

    # Every transaction is in exactly one entry, except where a sum of zero made none.
    in_entries = transactions_in_entries(client.database)
    assert len(in_entries) == sum(run["transactionCount"] for run in runs.values())
    without = {
        transaction_id
        for month in months
        for entry in expected()[month].values()
        if not entry.total
        for transaction_id in entry.ids
    }
    assert {transaction_id for transaction_id, count in in_entries if count != 1} == without
    assert all(count == 0 for transaction_id, count in in_entries if transaction_id in without)

    # Drill-down: every entry of one month but the largest, and in another the largest credit memo.
    for entry in entries[2010, 12]:
        if entry["transactionCount"] < 5_000:
            key = entry["transactionType"], entry["segments"][0]["value"]
            assert_drills_down(client, entry, (2010, 12), expected()[2010, 12][key])
    memos = [entry for entry in entries[2011, 3] if entry["transactionType"] == TYPES["C"]]
    largest = max(memos, key=lambda entry: int(entry["transactionCount"]))
    assert_drills_down(client, largest, (2011, 3), expected()[2011, 3][TYPES["C"], "United Kingdom"])

    # Reports have the same totals.
    assert_totals_tie_out(client, months)

    # A month that is cancelled and run again has the same totals.
    first = runs[2011, 2]
    assert client.cancel(first["number"])["errors"] == []
    client.wait(first["number"], "CANCELLED")
    second = run_month(client, (2011, 2))
    assert second["number"] != first["number"]
    assert_ties_out(client, second, expected()[2011, 2])
    assert_totals_tie_out(client, months)
    document = f"query($number: String!) {{ journalEntry(number: $number) {{ {ENTRY} }} }}"
    cancelled = client.query(document, {"number": entries[2011, 2][0]["number"]})["journalEntry"]
    assert cancelled["status"] == "CANCELLED"
    assert list(transactions(client, cancelled["number"])) == []
    assert sorted(transactions_in_entries(client.database)) == sorted(in_entries)
