"""Convert the UCI "Online Retail" invoice lines into feed files for Journal Gateway.

    python examples/online_retail.py INPUT.csv.gz OUTPUT_DIR [--month 2010-12]

OUTPUT_DIR then contains transactions.csv, and the accounting-codes.csv, accounting-periods.csv and segments.csv
that it needs. A transaction's id is the number of its invoice line in INPUT, so it does not depend on the month
chosen.
"""

import argparse
import calendar
import csv
import gzip
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path

SOURCE_COLUMNS = {"InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"}
TRANSACTION_COLUMNS = (
    "transaction_id",
    "transaction_type",
    "transaction_date",
    "amount",
    "currency",
    "debit_account",
    "credit_account",
    "document_number",
    "account_number",
    "segment.country",
)
ACCOUNTING_CODES = (
    ("name", "type", "category", "status", "gl_account_name", "gl_account_number"),
    ("Accounts Receivable", "AccountsReceivable", "Assets", "Active", "Trade debtors", "1100"),
    ("Sales Revenue", "SalesRevenue", "Revenue", "Active", "Sales", "4000"),
)
PERIOD_COLUMNS = ("name", "start_date", "end_date", "fiscal_year", "fiscal_quarter", "status")
SEGMENTS = (
    ("segment", "segmentation_rule", "transaction_type", "active"),
    ("country", "By country", "", "yes"),
)
PENNY = Decimal("0.01")

Month = tuple[int, int]


class SourceError(Exception):
    """The input is not an Online Retail file."""


def transaction_type(invoice_number: str) -> str:
    """The transaction type that an invoice number implies, as the feed spells it."""
    match invoice_number[0]:
        case "C":
            return "Credit Memo Item (Charge)"
        case "A":
            return "Invoice Item Adjustment (Invoice)"
        case _:
            return "Invoice Item"


def line_amount(quantity: str, unit_price: str) -> Decimal:
    """Quantity x price in pounds, rounded half-even to pence. Raises ValueError where either is not a number."""
    try:
        amount = Decimal(quantity) * Decimal(unit_price)
        # Adding zero turns -0.00, a returned gift, into 0.00.
        return amount.quantize(PENNY, ROUND_HALF_EVEN) + 0
    except InvalidOperation:
        raise ValueError(f"{quantity!r} x {unit_price!r} is not an amount") from None


def transaction(number: int, line: dict[str, str]) -> tuple[date, Decimal, tuple[str, ...]]:
    """The day, amount and feed row of an invoice line. Raises ValueError on an invalid one."""
    if not line["InvoiceNo"]:
        raise ValueError("it has no InvoiceNo")
    day = date.fromisoformat(line["InvoiceDate"][:10])
    amount = line_amount(line["Quantity"], line["UnitPrice"])
    row = (
        f"line-{number:07}",
        transaction_type(line["InvoiceNo"]),
        day.isoformat(),
        str(amount),
        "GBP",
        "Accounts Receivable",
        "Sales Revenue",
        line["InvoiceNo"],
        # Published as a float: 17850.0.
        line["CustomerID"].removesuffix(".0"),
        line["Country"],
    )
    return day, amount, row


def transactions(source: Path) -> Iterator[tuple[date, Decimal, tuple[str, ...]]]:
    """Every invoice line of the source as a transaction. Raises SourceError."""
    opener = gzip.open if source.suffix == ".gz" else open
    with opener(source, "rt", encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text, strict=True, restval="")
        if missing := SOURCE_COLUMNS.difference(reader.fieldnames or ()):
            raise SourceError(f"{source} is not Online Retail data: no column {', '.join(sorted(missing))}")
        for number, line in enumerate(reader, start=1):
            try:
                yield transaction(number, line)
            except ValueError as error:
                raise SourceError(f"{source}, line {reader.line_num}: {error}") from error


def period(month: Month) -> tuple[str, ...]:
    """A month's accounting period as a row; the fiscal year is the calendar year."""
    year, number = month
    start = date(year, number, 1)
    end = date(year, number, calendar.monthrange(year, number)[1])
    name = f"{calendar.month_abbr[number]} {year}"
    return (name, str(start), str(end), str(year), str((number + 2) // 3), "Open")


def write_transactions(source: Path, target: Path, only: Month | None) -> tuple[int, Decimal, set[Month]]:
    """Write transactions.csv; return the count, total and months. Raises SourceError, leaving no file."""
    count, total, months, seen = 0, Decimal(0), set[Month](), set[Month]()
    partial = target.with_suffix(".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(TRANSACTION_COLUMNS)
            for day, amount, row in transactions(source):
                month = (day.year, day.month)
                seen.add(month)
                if only in (None, month):
                    writer.writerow(row)
                    count, total = count + 1, total + amount
                    months.add(month)
        if not months:
            found = ", ".join(f"{year}-{month:02}" for year, month in sorted(seen)) or "none"
            raise SourceError(f"{source} has no invoice line to write; its months: {found}")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return count, total, months


def write_rows(target: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a small CSV file."""
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(f"wrote {target}")


def month_argument(text: str) -> Month:
    """Parse a month such as 2010-12."""
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month like 2010-12") from None
    return day.year, day.month


def main() -> None:
    """Read the arguments and write the four files."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("input", type=Path, help="the data set as CSV; .gz is decompressed")
    parser.add_argument("output_dir", type=Path, help="created if it does not exist")
    parser.add_argument("--month", type=month_argument, metavar="YYYY-MM", help="only this month")
    arguments = parser.parse_args()
    output: Path = arguments.output_dir
    try:
        output.mkdir(parents=True, exist_ok=True)
        target = output / "transactions.csv"
        count, total, months = write_transactions(arguments.input, target, arguments.month)
        print(f"wrote {target}: {count:,} lines, {total:,} GBP")
        write_rows(output / "accounting-codes.csv", ACCOUNTING_CODES)
        write_rows(output / "accounting-periods.csv", [PERIOD_COLUMNS, *map(period, sorted(months))])
        write_rows(output / "segments.csv", SEGMENTS)
    except (SourceError, OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        sys.exit(f"online_retail: {error}")


if __name__ == "__main__":
    main()
