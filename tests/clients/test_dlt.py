"""dlt refreshes a copy of the ledger around changes: the copy equals the ledger, row by row and to the penny."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from resolvers.access import create_api_key
from storage.words import Permission
from tests.clients.programs import PYPI, run
from tests.support.client import Client
from tests.support.ledger import line, post

Copied = dict[str, dict[str, dict[str, Any]]]

ENTRIES = """query($run: String!) { journalRun(number: $run) { status journalEntries(first: 1000) { nodes {
  number status currency totalDebit totalCredit transferredToAccounting transactionType
  segments { name value } items { type amount accountingCode { name } } } } } }"""


TRANSACTIONS = """{ transactions(first: 1000) { nodes {
  transactionId currency amount transactionDate debitAccount { name } journalEntry { number } } } }"""


def copied(folder: Path) -> Copied:
    """The rows of the copy, by table and id."""
    import duckdb  # not by every process of the tests

    with duckdb.connect(f"{folder}/copy.duckdb", read_only=True) as connection:
        tables = ("journal_runs", "journal_entries", "journal_entry_items", "transactions")
        found: Copied = {}
        for table in tables:
            cursor = connection.execute(f"SELECT * FROM ledger.{table}")  # noqa: S608
            names = [name for name, *_ in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            found[table] = {row["id"]: row for row in rows}
            assert len(found[table]) == len(rows)
        return found


def assert_equal(client: Client, runs: list[str], found: Copied) -> None:
    """The copy has these runs, and what GraphQL tells of them."""
    assert sorted(found["journal_runs"]) == sorted(runs)
    entries: dict[str, Any] = {}
    items: dict[str, Any] = {}
    for number in runs:
        told = client.query(ENTRIES, {"run": number})["journalRun"]
        assert found["journal_runs"][number]["status"].upper() == told["status"]
        for entry in told["journalEntries"]["nodes"]:
            entries[entry["number"]] = (
                entry["status"],
                entry["currency"],
                Decimal(entry["totalDebit"]),
                Decimal(entry["totalCredit"]),
                entry["transferredToAccounting"],
                {segment["name"]: segment["value"] for segment in entry["segments"]}.get("country"),
                number,
            )
            for position, item in enumerate(entry["items"], start=1):
                items[f"{entry['number']}:{position}"] = (
                    item["type"].capitalize(),
                    Decimal(item["amount"]),
                    item["accountingCode"]["name"],
                    entry["status"],
                )
    assert {
        number: (
            row["status"].upper(),
            row["currency"],
            row["total_debit"],
            row["total_credit"],
            row["transferred_to_accounting"].upper(),
            row["segment_country"],
            row["journal_run_number"],
        )
        for number, row in found["journal_entries"].items()
    } == entries
    assert {
        number: (row["type"], row["amount"], row["accounting_code_name"], row["status"].upper())
        for number, row in found["journal_entry_items"].items()
    } == items
    assert {
        identifier: (
            row["currency"],
            row["amount"],
            row["transaction_date"],
            row["debit_account_name"],
            row["journal_entry_number"],
        )
        for identifier, row in found["transactions"].items()
    } == {
        node["transactionId"]: (
            node["currency"],
            Decimal(node["amount"]),
            node["transactionDate"],
            node["debitAccount"]["name"],
            (node["journalEntry"] or {}).get("number"),
        )
        for node in client.query(TRANSACTIONS)["transactions"]["nodes"]
    }


def test_dlt_refreshes_a_copy_around_changes_a_cancellation_and_a_deletion(client: Client, tmp_path: Path) -> None:
    countries = ["UK", "France", "Germany", "Japan"]
    lines = [
        line(
            f"T{number}",
            amount=f"{number}.{number % 100:02}" if number % 4 < 3 else str(number),
            currency="GBP" if number % 4 < 3 else "JPY",
            segment_country=countries[number % 4],
            transaction_date="2024-12-05" if number % 2 else "2025-01-05",
            transaction_type="Invoice Item" if number % 3 else "Electronic Payment",
        )
        for number in range(1, 60)
    ]
    post(client.database, lines)
    key, secret = create_api_key(
        client.database, "dlt", [Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES], actor="test"
    )

    def load() -> Any:
        (told,) = run(PYPI / "dlt_load.py", url=client.url, user=key.client_id, password=secret, folder=str(tmp_path))
        return told.value

    december = client.completed()["number"]
    january = client.completed(accountingPeriodName="Jan 2025", journalEntryDate="2025-01-31")["number"]
    first = load()
    assert_equal(client, [december, january], copied(tmp_path))
    assert first["transactions"] == len(copied(tmp_path)["transactions"]) == len(lines)

    assert load() == dict.fromkeys(first, 0)  # a refresh of nothing

    kept = client.entries(december)
    client.transfer([kept[0]["number"]], "YES")
    client.cancel_entry(kept[1]["number"])
    client.cancel(january)
    client.wait(january, "CANCELLED")
    load()
    assert_equal(client, [december, january], copied(tmp_path))

    client.delete(january)
    client.wait_until_gone(january)
    post(client.database, [line("late", amount="0.01")])
    again = client.completed(accountingPeriodName="Jan 2025", journalEntryDate="2025-01-31")["number"]
    load()
    assert_equal(client, [december, again], copied(tmp_path))
    total = sum(row["amount"] for row in copied(tmp_path)["transactions"].values() if row["currency"] == "GBP")
    expected = sum(Decimal(each["amount"]) for each in lines if each["currency"] == "GBP")
    assert total == expected + Decimal("0.01")
