"""Random files of transactions: most lines are right, and most kinds of oddity occur somewhere."""

import csv
import gzip
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from resolvers.transaction_lines import OPTIONAL, REQUIRED

COLUMNS = (*REQUIRED, *OPTIONAL, "segment.country", "segment.product")

FILES = int(os.environ.get("FILES", "30"))
"""How many files tests make; `FILES=3000` in the environment makes more."""

HOME = "EUR"
"""The home currency of a ledger that has one."""

Row = dict[str, str]

_USUAL: dict[str, Sequence[str]] = {
    "transaction_type": ["Invoice Item", "Taxation Item", "ELECTRONIC_PAYMENT"],
    "transaction_date": ["2024-12-05", "2024-12-31", "2025-01-01", "2025-02-28", "2025-04-01", "1999-12-31"],
    "currency": ["GBP", "EUR", "JPY", "BHD", "CLF"],
    "debit_account": ["Accounts Receivable", "Cash"],
    "credit_account": ["Sales", "Services", "Tax Payable"],
    "organization": ["", "", "North", "Süd GmbH"],
    "account_number": ["", "A-1", "Überlingen", "4711"],
    "document_number": ["", "D-1", 'said "so"', "two\nlines", "a, b"],
    "segment.country": ["UK", "DE", "", "Österreich"],
    "segment.product": ["", "", "Tea"],
}
_DIGITS = {"JPY": 0, "BHD": 3, "CLF": 4}
_RATES = ["1", "1.5", "0.85", "1.10", "130.123456789", "0.000001", ".7".replace(".", "0."), "2"]

_ODD: dict[str, Sequence[str]] = {
    "transaction_id": ["", "  ", "x" * 255, "x" * 256, "zero\u200bwidth", "Ünïcode", "e\u0301", "nb\u00a0sp", "amount"],
    "transaction_type": ["", "Invoice  Item", "invoice item", "REVENUE_EVENT_ITEM", "No Such"],
    "transaction_date": [
        "",
        "2024-13-01",
        "2023-02-29",
        "31.12.2024",
        "0001-01-01",
        "2200-01-01",
        "\uff12\uff1024-12-05",
        "1900-01-01",
    ],
    "amount": [
        "",
        "1e3",
        "+5",
        ".5",
        "5.",
        "1,000.00",
        "(5)",
        "0",
        "-0",
        "-0.00",
        "00012.50",
        "12.505",
        "1.00000",
        "٣",
        "0x1F",
        "92233720368547758.07",
        "92233720368547758.08",
        "9223372036854775807",
        "99999999999999.99",
        "999999999999999.99",
        "1" * 101,
        "nan",
        "1.2.3",
        "--1",
        "5-",
        "1 000",
    ],
    "currency": ["", "gbp", "XXX", "USD", "ZZZ", "GB P", "DEM"],
    "debit_account": ["", "Nowhere", "cash", "Old Sales", "Cash\u00a0", "C\u0061sh"],
    "credit_account": ["", "Nowhere", "Old Sales"],
    "organization": ["e\u0301", "a\tb", "x" * 256, "no\u00adhyphen"],
    "exchange_rate": [
        "",
        "0",
        "-1",
        "1e2",
        "1." + "0" * 57 + "1",
        "1." + "0" * 58 + "1",
        "9" * 13,
        "1" * 30,
        "0.5",
        "1.0",
    ],
    "home_amount": ["0", "1", "-1", "10.00", "15.00", "15.01", "15.015", "x", "1e1", "99999999999999999999"],
    "account_number": ["e\u0301", "\u200b", "x" * 256, "ﬁ", "tab\there"],
    "document_number": ["e\u0301", "bell\a", "x" * 256, "=1+1"],
    "segment.country": ["e\u0301", "x" * 256, "\ufeff"],
    "segment.product": ["\u2028", "e\u0301"],
}


@dataclass(frozen=True, slots=True)
class File:
    """A file's name and content."""

    name: str
    content: bytes


def random_rows(random: Random, number: int, *, home: bool, prefix: str) -> list[Row]:
    """Rows of values; with rates if the ledger has a home currency."""
    oddity = random.choice([0, 0.02, 0.1, 0.5])
    repeats = random.choice([0, 0.05, 0.3])
    rows: list[Row] = []
    for place in range(number):
        if rows and random.random() < repeats:
            row = dict(random.choice(rows))
            if random.random() < 0.5:
                _make_odd(random, row)
        else:
            row = {name: random.choice(values) for name, values in _USUAL.items()}
            row["transaction_id"] = f"{prefix}{place}"
            digits = random.choice([0, _DIGITS.get(row["currency"], 2)])
            amount = str(random.randint(-(10 ** random.randint(1, 7)), 10 ** random.randint(1, 7)))
            row["amount"] = amount if digits == 0 else f"{amount}.{random.randrange(10**digits):0{digits}}"
            if home or random.random() < oddity / 10:
                row["exchange_rate"] = (
                    "" if row["currency"] == HOME and random.random() < 0.5 else random.choice(_RATES)
                )
                if row["currency"] == HOME and random.random() < 0.9:
                    row["exchange_rate"] = random.choice(["", "1", "1.0"])
                if random.random() < 0.1:
                    row["home_amount"] = row["amount"] if random.random() < 0.5 else random.choice(_ODD["home_amount"])
            while random.random() < oddity:
                _make_odd(random, row)
        rows.append({name: row.get(name, "") for name in COLUMNS})
    return rows


def _make_odd(random: Random, row: Row) -> None:
    name = random.choice(list(_ODD))
    row[name] = random.choice(_ODD[name])
    if random.random() < 0.2:
        row[name] = random.choice([" ", "\u00a0", "\t", "  "]) + row[name] + random.choice(["", " ", "\u3000"])


def sent_again(random: Random, rows: Sequence[Row], *, home: bool) -> list[Row]:
    """The rows again: some of them changed, some twice, and with rates if the ledger has a home currency by now."""
    again = []
    oddity = random.choice([0, 0.05, 0.3])
    for row in rows:
        row = dict(row)
        if home and not row["exchange_rate"] and random.random() < 0.9:
            row["exchange_rate"] = random.choice(["1", ""] if row["currency"] == HOME else _RATES)
        if random.random() < oddity:
            _make_odd(random, row)
        again += [row] * random.choice([1, 1, 1, 1, 0, 2])
    return again


def random_file(random: Random, rows: Sequence[Row], *, home: bool) -> File:
    """A file of these rows, in any format, that may be broken in any way that refuses it, or nearly does."""
    columns = list(COLUMNS)
    if random.random() < 0.3:
        random.shuffle(columns)
    optional = [name for name in columns if name not in COLUMNS[:7]]
    for name in random.sample(optional, random.choice([0, 0, 3])):
        if not (home and name == "exchange_rate"):
            columns.remove(name)
    kind = random.choice(["csv", "csv", "csv", "csv", "tsv", "ndjson", "parquet"])
    if kind == "parquet":
        return File("feed.parquet", _parquet(random, rows, columns))
    text = _ndjson(random, rows) if kind == "ndjson" else _csv(random, rows, columns, "\t" if kind == "tsv" else ",")
    content = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.08:
        content = _broken(random, content)
    if random.random() < 0.15:
        return File(f"feed.{kind}.gz", gzip.compress(content, 1))
    return File(f"feed.{kind}", content)


def _broken(random: Random, content: bytes) -> bytes:
    """The content with something at a random place that refuses a file, or nearly does."""
    place = random.randrange(len(content) + 1)
    odd = random.choice([b"\0", "é".encode("latin-1"), b'"', b"\r", b'"\n', b"\r\r\n", b"\xef\xbb\xbf", b'"" ', b'""'])
    return content[:place] + odd + content[place:]


def _csv(random: Random, rows: Sequence[Row], columns: list[str], separator: str) -> str:
    end = random.choice(["\n", "\r\n"])
    quoting: Literal[0, 1] = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    bare = random.random() < 0.5
    header = list(columns)
    if random.random() < 0.1:
        header = ["line", "reason", *header]
    if random.random() < 0.15:
        header.insert(random.randrange(len(header) + 1), "")
    if random.random() < 0.05:
        header = [f" {name} " for name in header]
    out = io.StringIO()
    out.write(random.choice(["", "", "\ufeff", f"sep={separator}{end}"]))
    writer = csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=end)
    writer.writerow(header)
    oddity = random.choice([0, 0, 0.01, 0.1])
    for row in rows:
        cells = [row.get(name.strip(), "") for name in header]
        if bare:
            # No cell needs a quote: such a file is read in another way.
            cells = ["".join(char for char in cell if char not in '"\n\r,\t') for cell in cells]
        if random.random() >= oddity:
            writer.writerow(cells)
            continue
        match random.randrange(10):
            case 0:
                out.write(random.choice(["", "   ", separator * 3, separator * (len(header) - 1), '""']) + end)
            case 1:
                writer.writerow([*cells, "more"])
            case 2:
                writer.writerow(cells[:-2])
            case 3:
                writer.writerow(header)
            case 4:
                out.write("\ufeff")
                writer.writerow(cells)
            case 5:
                out.write(separator.join(f" {cell} " for cell in cells if '"' not in cell).replace("\n", " ") + end)
            case 6:
                cells[-1] = '5" pipe'
                out.write(separator.join(cell.replace('"', "").replace("\n", " ") for cell in cells[:-1]))
                out.write(separator + cells[-1] + end)
            case 7:
                writer.writerow([cell or (" " if random.random() < 0.3 else "") for cell in cells])
            case 8:
                # Quoted after a space, which is read, or with a space after the quote, which is refused.
                quoted = [f' "{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells]
                out.write(separator.join(quoted) + (end if random.random() < 0.95 else " " + end))
            case _:
                writer.writerow([header[0] if random.random() < 0.3 else cell for cell in cells])
    text = out.getvalue()
    return text if random.random() < 0.8 else text.rstrip("\r\n")


def _ndjson(random: Random, rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        values: dict[str, object] = {name: text for name, text in row.items() if text or random.random() < 0.1}
        if random.random() < 0.02:
            values[random.choice(COLUMNS)] = random.choice([None, 5, 1.5, True, [1], {"a": 1}, "\0", "\ud800"])
        if random.random() < 0.02:
            values[random.choice(["no_such", "segment.other", "segment.", " amount ", ""])] = random.choice(["", "1"])
        lines.append(json.dumps(values, ensure_ascii=random.random() < 0.9 or "\ud800" in values.values()))
    return "\n".join(lines) + "\n"


def _parquet(random: Random, rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    arrays = {}
    for name in columns:
        texts = [row[name] or None for row in rows]
        kind = random.choice([pa.string(), pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
        arrays[name] = pa.array(texts, pa.string()).cast(kind)
    if random.random() < 0.2:
        numbers = [None if random.random() < 0.1 else random.randint(-(10**9), 10**9) for _ in rows]
        scale = random.choice([0, 2, 8])
        arrays["amount"] = pa.array(numbers, pa.decimal128(20)).cast(pa.decimal128(30, scale))
    if random.random() < 0.2:
        arrays["document_number"] = pa.array([random.randint(0, 5) for _ in rows], pa.int32())
    if random.random() < 0.1:
        arrays["account_number"] = pa.array(["\0" if random.random() < 0.2 else "A" for _ in rows])
    written = io.BytesIO()
    pq.write_table(pa.table(arrays), written, row_group_size=random.choice([50, 10_000]))
    return written.getvalue()
