"""Every way to the totals of a real retailer's journal entries gives those of plain decimal arithmetic over its file.

The input is beside the checkout, not in it; without it, this test is skipped, in CI too.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row
from pyarrow import parquet  # type: ignore[import-untyped]

from resolvers.bi_roles import let_role_read
from storage.database import Database
from storage.words import TransactionType
from tests.support.bi import Reader
from tests.support.client import Client
from tests.support.command import run
from tests.support.online_retail import (
    MONTHS,
    Month,
    expected,
    import_months,
    needs_input,
    period,
    run_month,
)

pytestmark = needs_input

WANTED = [MONTHS[2], MONTHS[4]]  # the shortest
VIEW = "journal_entry_items"
KEYS = ("accounting_period_name", "transaction_type", "segment_country", "gl_account_number")
COLUMNS = ",".join((*KEYS, "debit", "credit"))
ROLE = "reports_agree"

Totals = dict[tuple[str, ...], tuple[Decimal, Decimal]]
Rows = Iterable[Mapping[str, Any]]

QUESTION = """{ journalEntryTotals(groupBy: [
  { by: PERIOD }, { by: TRANSACTION_TYPE }, { by: SEGMENT, segmentName: "country" }, { by: GL_ACCOUNT }
]) { accountingPeriodName transactionType segments { value } glAccountNumber currency debit credit } }"""


@pytest.fixture
def database(empty_database: Database, database_url: str, online_retail: Path, tmp_path: Path) -> Database:
    """A ledger with two months, imported by the command line."""
    import_months(database_url, WANTED, online_retail, tmp_path)
    return empty_database


@pytest.fixture
def reader(client: Client) -> Iterator[Reader]:
    """Reads /bi."""
    made = Reader(client.url)
    with made.http:
        yield made


def test_every_way_gives_the_totals_of_the_input(client: Client, reader: Reader, tmp_path: Path) -> None:
    first, _ = [run_month(client, month)["number"] for month in WANTED]
    assert_equal(client, reader, tmp_path, of_input(WANTED))

    # A cancelled run is in no total, and a refresh of what has changed since tells of it.
    before = reader.items(VIEW)
    assert client.cancel(first)["errors"] == []
    client.wait(first, "CANCELLED")
    assert_equal(client, reader, tmp_path, of_input(WANTED[1:]))
    kept = {row["id"]: row for row in before}
    kept |= {row["id"]: row for row in reader.items(VIEW, updated_since=before[-1]["updated_at"])}
    assert totals(row for row in kept.values() if row["status"] == "Created") == of_input(WANTED[1:])


def of_input(months: list[Month]) -> Totals:
    """Debit and credit by period, type, country and account: a negative sum changes the sides, zero makes no entry."""
    found: Totals = {}
    for month in months:
        for (type_, country), entry in expected()[month].items():
            sides = (max(entry.total, Decimal(0)), max(-entry.total, Decimal(0)))
            for account, (debit, credit) in (("1100", sides), ("4000", sides[::-1])):
                if entry.total:
                    found[period(month)[0], TransactionType[type_].value, country, account] = (debit, credit)
    return found


def totals(rows: Rows) -> Totals:
    """Debit and credit of the rows, by the same keys."""
    found: dict[tuple[str, ...], tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in rows:
        assert row.get("currency", "GBP") == "GBP"
        key = tuple(row[name] for name in KEYS)
        debit, credit = found[key]
        found[key] = (debit + Decimal(row["debit"]), credit + Decimal(row["credit"]))
    return dict(found)


def assert_equal(client: Client, reader: Reader, folder: Path, wanted: Totals) -> None:
    """Every way has these totals."""
    assert wanted
    for way, rows in ways(client, reader, folder):
        assert totals(rows) == wanted, way


def ways(client: Client, reader: Reader, folder: Path) -> Iterator[tuple[str, Rows]]:
    """The items of live entries by each way, or their sums."""
    url = client.database.url.render_as_string(hide_password=False)
    yield "GraphQL", in_graphql(client)
    yield "/bi", reader.items(VIEW, status="Created", columns=COLUMNS, limit=37)
    with httpx.Client(base_url=client.url, params={"status": "Created"}) as http:
        for place in ("bi", "exports"):
            yield f"/{place} csv", csv.DictReader(io.StringIO(http.get(f"/{place}/{VIEW}.csv").text))
            yield f"/{place} ndjson", map(json.loads, http.get(f"/{place}/{VIEW}.ndjson").text.splitlines())
        data = http.get(f"/exports/{VIEW}.parquet").content
    yield "/exports parquet", parquet.read_table(io.BytesIO(data)).to_pylist()
    yield "/odata", in_odata(client)
    file = folder / "items.csv"
    done = run(folder, "export", VIEW, "--database", url, "--where", "status=Created", "--output", file, "--overwrite")
    assert done.returncode == 0, done.stderr
    yield "journal-gateway export", csv.DictReader(io.StringIO(file.read_text("utf-8")))
    if not client.database.is_sqlite:
        yield "psycopg", in_postgresql(client.database, url)


def in_graphql(client: Client) -> Rows:
    for row in client.query(QUESTION)["journalEntryTotals"]:
        type_, (segment,) = TransactionType[row["transactionType"]].value, row["segments"]
        keys = (row["accountingPeriodName"], type_, segment["value"], row["glAccountNumber"])
        yield dict(zip(KEYS, keys, strict=True)) | {name: row[name] for name in ("currency", "debit", "credit")}


def in_odata(client: Client) -> Rows:
    url: str | None = f"{client.url}/odata/{VIEW}?$filter=status eq 'Created'&$select={COLUMNS}"
    headers = {"Accept": "application/json;IEEE754Compatible=true", "Prefer": "odata.maxpagesize=50"}
    while url is not None:
        answer = httpx.get(url, headers=headers).raise_for_status().json()
        yield from answer["value"]
        url = answer.get("@odata.nextLink")


def in_postgresql(database: Database, url: str) -> Rows:
    """As a role that may only read the views."""
    let_role_read(database, ROLE, actor="test")
    with psycopg.connect(url.replace("+psycopg", "").replace("postgres@", f"{ROLE}@"), row_factory=dict_row) as reader:
        columns = ", ".join(KEYS)
        sums = f"SELECT {columns}, currency, sum(debit) AS debit, sum(credit) AS credit FROM bi_{VIEW}"  # noqa: S608
        return reader.execute(f"{sums} WHERE status = 'Created' GROUP BY {columns}, currency").fetchall()
