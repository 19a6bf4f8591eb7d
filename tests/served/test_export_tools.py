"""Exports read by tools that no one here wrote: every total is that of the real input, to the penny.

The input is beside the checkout, not in it; without it, this test is skipped, in CI too.
"""

import io
import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pytest
from starlette.requests import Request

from gateway.exports import endpoint
from gateway.exports.asked import Asked, asked
from storage.database import Database
from tests.support.client import Client
from tests.support.online_retail import MONTHS, expected, import_months, needs_input, run_month

if TYPE_CHECKING:
    import polars as pl

pytestmark = needs_input

WANTED = [MONTHS[2]]  # the shortest

Totals = Mapping[str, Decimal]


@pytest.fixture
def database(empty_database: Database, database_url: str, online_retail: Path, tmp_path: Path) -> Database:
    """A ledger with a month, imported by the command line."""
    import_months(database_url, WANTED, online_retail, tmp_path)
    return empty_database


@pytest.fixture
def exports(client: Client) -> str:
    """The address of exports, once the month has a run."""
    for month in WANTED:
        run_month(client, month)
    return f"{client.url}/exports"


@pytest.fixture
def ranges(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The headers Range of all requests, which grow."""
    found: list[str | None] = []

    async def noted(request: Request, *others: object) -> Asked:
        found.append(request.headers.get("range"))
        return await asked(request, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(endpoint, "asked", noted)
    return found


def test_every_tool_has_the_totals_of_the_input(exports: str, ranges: list[str | None], tmp_path: Path) -> None:
    # Imported here, as every process of the tests would wait for them.
    import duckdb
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl

    entries = [(country, entry) for month in WANTED for (_, country), entry in expected()[month].items()]
    count = sum(len(entry.ids) for _, entry in entries)
    transactions = by_country((country, entry.total) for country, entry in entries)
    # A sum of zero makes no entry, and items have no signs.
    items = by_country((country, abs(entry.total)) for country, entry in entries if entry.total)

    # polars fetches parts of a Parquet file, and the whole of a CSV file.
    scanned = pl.scan_parquet(f"{exports}/journal_entry_items.parquet")
    assert totals(scanned, "debit") == totals(scanned, "credit") == items
    assert any(ranges)
    germany = scanned.filter(pl.col("segment_country") == "Germany").select(pl.col("debit").sum()).collect().item()
    assert germany == items["Germany"]
    types: dict[str, pl.DataType] = {"amount": pl.Decimal(23, 4), "document_number": pl.String()}
    read = pl.read_csv(f"{exports}/transactions.csv", schema_overrides=types)
    assert read.height == count
    assert totals(read.lazy(), "amount") == transactions
    assert totals(pl.read_ipc_stream(f"{exports}/transactions.arrow").lazy(), "amount") == transactions

    # pandas
    table = pd.read_csv(f"{exports}/transactions.csv", dtype=str)
    assert len(table) == count
    assert table["amount"].map(Decimal).groupby(table["segment_country"]).sum().to_dict() == transactions
    table = pd.read_parquet(f"{exports}/journal_entry_items.parquet")
    assert table.groupby("segment_country")["debit"].sum().to_dict() == items

    # pyarrow, as the answer comes
    with urllib.request.urlopen(f"{exports}/transactions.arrow?stream=1") as answer:  # noqa: S310
        streamed = pa.ipc.open_stream(answer).read_all()
    assert streamed.num_rows == count
    assert pc.sum(streamed["amount"]).as_py() == sum(transactions.values())

    # DuckDB, on files that were fetched
    for name, column, wanted in (("journal_entry_items", "debit", items), ("transactions", "amount", transactions)):
        read_csv = f"read_csv('{{}}', types = {{{{'{column}': 'DECIMAL(23, 4)'}}}})"
        for format, source in (("parquet", "'{}'"), ("csv", read_csv)):
            path = tmp_path / f"{name}.{format}"
            urllib.request.urlretrieve(f"{exports}/{path.name}", path)  # noqa: S310
            grouped = f"SELECT segment_country, sum({column}) FROM {source.format(path)} GROUP BY ALL"  # noqa: S608
            assert dict(duckdb.execute(grouped).fetchall()) == wanted

    # The standard library
    with urllib.request.urlopen(f"{exports}/transactions.ndjson") as answer:  # noqa: S310
        lines = [json.loads(text) for text in io.TextIOWrapper(answer, "utf-8")]
    assert len(lines) == count
    assert by_country((row["segment_country"], Decimal(row["amount"])) for row in lines) == transactions


def by_country(pairs: Iterable[tuple[str, Decimal]]) -> Totals:
    """The sum of each country."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for country, amount in pairs:
        found[country] += amount
    return dict(found)


def totals(frame: "pl.LazyFrame", column: str) -> Totals:
    """The sum of the column, by country."""
    return dict(frame.select("segment_country", column).group_by("segment_country").sum().collect().iter_rows())
