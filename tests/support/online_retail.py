"""Seven months of a real retailer's invoices: the input, and what its ledger must have, without the product's code.

The input is beside the checkout, not in it; without it, its tests are skipped, in CI too.
"""

import calendar
import csv
import gzip
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.command import run

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "../shared/data/online_retail_2010-12_2011-06.csv.gz"
Month = tuple[int, int]
MONTHS: list[Month] = [(2010, 12), *((2011, month) for month in range(1, 7))]
TYPES = {"C": "CREDIT_MEMO_ITEM_CHARGE", "A": "INVOICE_ITEM_ADJUSTMENT_INVOICE"}


needs_input = pytest.mark.skipif(not SOURCE.exists(), reason=f"the real input is not beside the checkout: {SOURCE}")

Entries = dict[tuple[str, str], "Expected"]


@dataclass
class Expected:
    """The total of the invoice lines of one month, type and country."""

    total: Decimal = Decimal(0)
    ids: set[str] = field(default_factory=set)


@cache
def expected() -> dict[tuple[int, int], Entries]:
    """Entries by month, type and country: from the published file alone, without the product's code."""
    found: dict[tuple[int, int], Entries] = defaultdict(lambda: defaultdict(Expected))
    with gzip.open(SOURCE, "rt", encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=1):
            amount = (int(row["Quantity"]) * Decimal(row["UnitPrice"])).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
            month = (int(row["InvoiceDate"][:4]), int(row["InvoiceDate"][5:7]))
            entry = found[month][TYPES.get(row["InvoiceNo"][0], "INVOICE_ITEM"), row["Country"]]
            entry.total += amount
            entry.ids.add(f"line-{number:07}")
    return found


def write_feed(folder: Path) -> Path:
    """The folder, with the feed files that the example writes from the input."""
    command: list[str | Path] = [sys.executable, ROOT / "examples/online_retail.py", SOURCE, folder]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def import_months(database_url: str, months: Sequence[Month], feed: Path, folder: Path) -> None:
    """Import these months into a new ledger by the command line, and check what it tells. `folder` is for its files."""
    for kind in ("accounting-codes", "accounting-periods", "segments", "transactions"):
        file = feed / f"{kind}.csv"
        if kind == "transactions":
            file = _only(file, months, folder / file.name)
        done = run(folder, "import", kind, file, "--database", database_url)
        assert (done.returncode, done.stderr) == (0, "")
    entries = [entry for month in months for entry in expected()[month].values()]
    told = done.stdout.splitlines()
    count = sum(len(entry.ids) for entry in entries)
    assert told[0].endswith(f"transactions.csv: {count:,} recorded, 0 duplicates, 0 rejected")
    assert told[1] == f"Total recorded: {sum(entry.total for entry in entries):,} GBP"


def _only(file: Path, months: Sequence[Month], path: Path) -> Path:
    """The lines of the file that are in these months, as another file."""
    with file.open(encoding="utf-8", newline="") as source, path.open("w", encoding="utf-8", newline="") as target:
        lines = csv.DictReader(source)
        writer = csv.DictWriter(target, lines.fieldnames or ())
        writer.writeheader()
        dates = tuple(f"{year}-{month:02}" for year, month in months)
        writer.writerows(line for line in lines if line["transaction_date"].startswith(dates))
    return path


def period(month: Month) -> tuple[str, str]:
    """The name and the last day of a month's accounting period."""
    year, number = month
    last = calendar.monthrange(year, number)[1]
    return f"{calendar.month_abbr[number]} {year}", f"{year}-{number:02}-{last}"


def run_month(client: Client, month: Month) -> dict[str, Any]:
    """A completed run of all types over the month."""
    name, last = period(month)
    types = ["INVOICE_ITEM", *TYPES.values()]
    return client.completed(accountingPeriodName=name, journalEntryDate=last, transactionTypes=types)
