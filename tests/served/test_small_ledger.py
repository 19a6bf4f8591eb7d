"""The example ledger can be imported unchanged, has every type once, and matches docs/transactions.md."""

import csv
import re
from pathlib import Path

from storage.database import Database
from storage.migration import migrate
from storage.words import TransactionType
from tests.support.client import Client
from tests.support.command import run_here
from tests.support.processes import serving

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "examples" / "small-ledger"
PAGE = (ROOT / "docs" / "transactions.md").read_text("utf-8")
KINDS = ("accounting-codes", "accounting-periods", "segments", "transactions")


def lines() -> list[dict[str, str]]:
    """The example's transactions."""
    with (LEDGER / "transactions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_shows_every_type_once_as_the_file_has_it() -> None:
    shown = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| `([-0-9.]+)` \|", PAGE, re.MULTILINE)
    in_file = [(one["transaction_type"], one["debit_account"], one["credit_account"], one["amount"]) for one in lines()]

    assert shown == in_file
    assert sorted(name for name, *_ in shown) == sorted(word.value for word in TransactionType)


def test_the_example_is_imported_and_all_of_it_journaled(database_url: str, tmp_path: Path) -> None:
    for kind in KINDS:
        done = run_here(tmp_path, "import", kind, str(LEDGER / f"{kind}.csv"), "--database", database_url)
        assert (done.returncode, done.stderr) == (0, ""), done
        assert "0 duplicates, 0 rejected" in done.stdout
        assert "Warning" not in done.stdout
    database = Database(database_url)
    with serving(tmp_path, database) as (_, url), Client(url, database) as client:
        run = client.completed(transactionTypes=[word.name for word in TransactionType])
        assert run["transactionCount"] == len(TransactionType)
        assert client.query("{ transactions(filter: { isJournaled: false }) { totalCount } }") == {
            "transactions": {"totalCount": 0}
        }
        assert all(entry["totalDebit"] == entry["totalCredit"] for entry in client.entries(run["number"]))
    database.close()


def test_a_wrong_transaction_is_reversed_as_the_page_says(database_url: str, tmp_path: Path) -> None:
    (correction,) = re.findall(r"(?:^    transaction_id,.*\n)(?:^    .*\n)+", PAGE, re.MULTILINE)
    feed = tmp_path / "correction.csv"
    feed.write_text("".join(line.strip() + "\n" for line in correction.splitlines()), "utf-8")
    for kind, path in [*((kind, LEDGER / f"{kind}.csv") for kind in KINDS[:3]), ("transactions", feed)]:
        done = run_here(tmp_path, "import", kind, str(path), "--database", database_url)
        assert (done.returncode, done.stderr) == (0, ""), done
    database = Database(database_url)
    migrate(database)
    with serving(tmp_path, database) as (_, url), Client(url, database) as client:
        (entry,) = client.entries(client.completed()["number"])
        assert (entry["totalDebit"], entry["transactionCount"]) == ("10.00", 3)
    database.close()
