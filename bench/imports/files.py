"""Files of transactions in the shape of the real input: 44,000 buckets for each million, over a month."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from resolvers.transaction_lines import REQUIRED

COLUMNS = (*REQUIRED, "account_number", "document_number", "segment.country", "segment.product")
AMOUNT = COLUMNS.index("amount")

_KEYS = 1_414
_TYPES = ("Invoice Item", "Taxation Item", "Credit Memo Item (Charge)", "Electronic Payment")
_CURRENCIES = ("GBP", "EUR", "USD", "JPY", "CHF")
_DEBITS, _CREDITS = ("Accounts Receivable", "Cash"), ("Sales", "Services", "Tax Payable")
_COUNTRIES = ("United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium", "Norway", "Italy")
_PRODUCTS = ("", "Tea", "Coffee", "White hanging heart T-light holder")
_ROWS_PER_GROUP = 200_000


def write_csv(path: Path, rows: int, wrong: float = 0.0) -> None:
    """A file of so many transactions, of which that share is invalid, always the same."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_rows(rows, wrong))


def write_parquet(path: Path, table: Path) -> None:
    """The CSV file as Parquet, with every column a text."""
    texts = arrow_csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()))
    with (
        arrow_csv.open_csv(table, convert_options=texts) as batches,
        parquet.ParquetWriter(path, batches.schema) as writer,
    ):
        for batch in batches:
            writer.write_batch(batch, row_group_size=_ROWS_PER_GROUP)


def _rows(count: int, wrong: float) -> Iterator[list[str]]:
    random = Random(1)  # noqa: S311
    choices = (_TYPES, _CURRENCIES, _DEBITS, _CREDITS, _COUNTRIES, _PRODUCTS)
    keys = [[random.choice(words) for words in choices] for _ in range(_KEYS)]
    for number in range(count):
        # Some keys are frequent, and most are rare.
        kind, currency, debit, credit, country, product = keys[int(random.random() ** 1.5 * _KEYS)]
        invoice = 536_365 + number // 17
        minor = random.randint(-9_999, 999_999)
        amount = str(minor) if currency == "JPY" else f"{minor / 100:.2f}"
        day = date(2024, 12, 1) + timedelta(days=number * 31 // count)
        row = [
            f"INV-{invoice}-{number:09}", kind, day.isoformat(), amount, currency, debit, credit,
            str(random.randint(12_000, 18_999)), str(invoice), country, product,
        ]  # fmt: skip
        if wrong and random.random() < wrong:
            place, text = random.choice(((AMOUNT, "1,5x"), (5, "Nowhere"), (2, "2024-12-32")))
            row[place] = text
        yield row
